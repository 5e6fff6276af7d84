//! The bars of a chart, as a picture is drawn from them.

use jiff::Timestamp;

use crate::domain::history::RecordGap;
use crate::domain::overview::{Overview, OverviewQuery};
use crate::domain::text;
use crate::web::view::{format, percent};

use super::params::Params;
use super::times::{self, Period};

/// Jails with a colour of their own; the others share one.
const COLOURS: usize = 5;

/// A chart. Places and sizes are in percent of the picture.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    /// The number of bans at the top of the picture, and in its middle.
    pub(super) top: String,
    pub(super) middle: String,
    /// The times below: place, anchor, text.
    pub(super) labels: [(&'static str, &'static str, String); 3],
    /// The colours: class, name of the jail, its bans.
    pub(super) legend: Vec<(usize, String, String)>,
}

/// One bar.
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) query: String,
    /// Its time and its number, for whoever hovers over it or has the focus on it.
    pub(super) title: String,
    pub(super) time: String,
    pub(super) bans: u64,
    /// The jails of it, in words.
    pub(super) jails: String,
    pub(super) parts: Vec<Part>,
    /// True if bans of this time may be missing.
    pub(super) is_gap: bool,
    pub(super) is_chosen: bool,
}

/// The bans of one jail in a bar.
pub(super) struct Part {
    pub(super) colour: usize,
    pub(super) y: String,
    pub(super) height: String,
}

impl Chart {
    pub(super) fn draw(
        params: &Params,
        period: Period,
        query: &OverviewQuery,
        told: &Overview,
        now: Timestamp,
    ) -> Self {
        let is_shown = |jail: usize| {
            let name = told.jails.get(jail).map(|(name, _)| name);
            query.jail.as_ref().is_none_or(|chosen| name == Some(chosen))
        };
        let of_bar = |bar: &[(usize, u64)]| -> u64 {
            bar.iter().filter(|(jail, _)| is_shown(*jail)).map(|(_, bans)| bans).sum()
        };
        let colours = colours(told);
        let top = nice(told.bars.iter().map(|bar| of_bar(bar)).max().unwrap_or_default());
        let number = told.bars.len().max(1);
        let mut bars = Vec::new();
        for (at, (bar, edges)) in told.bars.iter().zip(query.edges.windows(2)).enumerate() {
            let [since, until] = edges else { continue };
            let own: Vec<_> = bar.iter().copied().filter(|(jail, _)| is_shown(*jail)).collect();
            let sum = of_bar(bar);
            let time = times::of_bar(period, *since, *until);
            let is_gap = is_unknown(told, *since, *until, now.as_second());
            let jails = in_words(&own, told);
            let is_chosen = query.bar == Some(at);
            let begin = if is_chosen { String::new() } else { since.to_string() };
            bars.push(Bar {
                x: percent::of(at as u64, number as u64),
                width: percent::of(1, number as u64),
                query: params.to_url(&[("bar", begin)]),
                title: format!("{time}: {}", describe(sum, is_gap)),
                time,
                bans: sum,
                jails,
                parts: parts(&own, &colours, top),
                is_gap,
                is_chosen,
            });
        }
        let label =
            |at: usize| query.edges.get(at).map(|edge| times::label(period, *edge)).unwrap_or_default();
        let labels = [
            ("0%", "start", label(0)),
            ("50%", "middle", label(number / 2)),
            ("100%", "end", "now".to_owned()),
        ];
        Self {
            bars,
            top: format::number(top),
            middle: if top.is_multiple_of(2) { format::number(top / 2) } else { String::new() },
            labels,
            legend: legend(told, &colours, is_shown),
        }
    }

    /// Returns true if bans of some bar may be missing.
    pub(super) fn has_gap(&self) -> bool {
        self.bars.iter().any(|bar| bar.is_gap)
    }
}

/// Bans that may be missing are told of, and no zero is made of them.
fn describe(bans: u64, is_gap: bool) -> String {
    let counted = format::bans(bans, None);
    match (bans, is_gap) {
        (0, true) => "not recorded".to_owned(),
        (_, true) => format!("{counted}, some may be missing"),
        _ => counted,
    }
}

/// Returns true if the record does not hold all of that time.
fn is_unknown(told: &Overview, since: i64, until: i64, now: i64) -> bool {
    let is_before = told.begins.is_none_or(|begins| since < begins.as_second());
    let overlaps = |gap: &RecordGap| gap.since.as_second() < until && gap.until.as_second() > since;
    since <= now && (is_before || told.gaps.iter().any(overlaps))
}

fn in_words(own: &[(usize, u64)], told: &Overview) -> String {
    let jail = |(jail, bans): &(usize, u64)| {
        let (name, _) = told.jails.get(*jail)?;
        Some(format!("{} {}", text::escaped(name), format::number(*bans)))
    };
    own.iter().filter_map(jail).collect::<Vec<_>>().join(", ")
}

/// The colour of each jail, by its place in `told`: the busiest of the whole chart have one of their own, in the order of
/// their names, so that it stays theirs when another one is chosen or passes them.
fn colours(told: &Overview) -> Vec<usize> {
    let mut sums: Vec<u64> = vec![0; told.jails.len()];
    for (jail, bans) in told.bars.iter().flatten() {
        if let Some(sum) = sums.get_mut(*jail) {
            *sum += bans;
        }
    }
    let name = |place: &usize| told.jails.get(*place).map(|(name, _)| name);
    let mut busiest: Vec<usize> = (0..sums.len()).collect();
    busiest.sort_by_key(|place| (std::cmp::Reverse(sums.get(*place)), name(place)));
    busiest.truncate(COLOURS);
    busiest.sort_by_key(|place| name(place));
    let colour = |place: usize| busiest.iter().position(|own| *own == place).unwrap_or(COLOURS);
    (0..sums.len()).map(colour).collect()
}

fn parts(own: &[(usize, u64)], colours: &[usize], top: u64) -> Vec<Part> {
    let mut sums = [0_u64; COLOURS + 1];
    for (jail, bans) in own {
        let colour = colours.get(*jail).copied().unwrap_or(COLOURS);
        if let Some(sum) = sums.get_mut(colour) {
            *sum += bans;
        }
    }
    let mut below = 0;
    let part = |(colour, bans): (usize, &u64)| {
        below += bans;
        Part { colour, y: percent::of(top.saturating_sub(below), top), height: percent::of(*bans, top) }
    };
    sums.iter().enumerate().filter(|(_, bans)| **bans > 0).map(part).collect()
}

/// Colours with their jails, most bans first; those without one of their own share the last.
fn legend(
    told: &Overview,
    colours: &[usize],
    is_shown: impl Fn(usize) -> bool,
) -> Vec<(usize, String, String)> {
    let colour = |place: usize| colours.get(place).copied().unwrap_or(COLOURS);
    let shown = told.jails.iter().enumerate().filter(|(place, (_, bans))| is_shown(*place) && *bans > 0);
    let (own, others): (Vec<_>, Vec<_>) = shown.partition(|(place, _)| colour(*place) < COLOURS);
    let entry = |(place, (name, bans)): &(usize, &(String, u64))| {
        (colour(*place), text::escaped(name), format::number(*bans))
    };
    let mut legend: Vec<_> = own.iter().map(entry).collect();
    match others.as_slice() {
        [] => {}
        [one] => legend.push(entry(one)),
        many => {
            let sum = many.iter().map(|(_, (_, bans))| bans).sum::<u64>();
            legend.push((COLOURS, format!("{} other jails", many.len()), format::number(sum)));
        }
    }
    legend
}

/// The next number that reads well at the top of a scale, at least 4.
fn nice(most: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [4, 6, 10, 20] {
            let top = step.saturating_mul(factor);
            if top >= most || step > u64::MAX / 100 {
                return top;
            }
        }
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_the_scale_is_a_round_number_above_the_highest_bar() {
        for (most, top) in [(0, 4), (4, 4), (5, 6), (7, 10), (11, 20), (21, 40), (41, 60), (9_999, 10_000)] {
            assert_eq!(nice(most), top, "{most}");
        }
        assert!(nice(u64::MAX) > 0);
    }

    #[test]
    fn the_parts_of_a_bar_stand_on_each_other_and_late_jails_share_a_colour() {
        let parts = parts(&[(0, 5), (5, 2), (9, 3)], &[0, 1, 2, 3, 4, 5], 10);
        let read: Vec<_> =
            parts.iter().map(|part| (part.colour, part.y.as_str(), part.height.as_str())).collect();
        assert_eq!(read, [(0, "50.00%", "50.00%"), (5, "0.00%", "50.00%")]);
    }
}
