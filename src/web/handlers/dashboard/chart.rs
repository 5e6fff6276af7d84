//! The bars of a chart, as a picture is drawn from them.

use jiff::Timestamp;

use crate::domain::history::RecordGap;
use crate::domain::overview::{Overview, OverviewQuery};
use crate::domain::text;
use crate::web::view::{format, percent};

use super::params::Params;
use super::scale;
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
    /// Where its number stands, if it is higher than the scale.
    pub(super) broken: Option<Beside>,
    /// True if bans of this time may be missing.
    pub(super) is_gap: bool,
    pub(super) is_chosen: bool,
}

/// A place beside a bar.
pub(super) struct Beside {
    pub(super) x: String,
    pub(super) dx: i8,
    pub(super) anchor: &'static str,
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
        let own: Vec<_> = told.bars.iter().map(|bar| shown(bar, query, told)).collect();
        let top = scale::top(own.iter().map(|bar| sum(bar)));
        let colours = colours(told);
        let drawing = Drawing { params, period, query, told, now: now.as_second(), colours: &colours, top };
        Self {
            bars: own.iter().enumerate().filter_map(|(at, own)| drawing.bar(at, own)).collect(),
            top: format::number(top),
            middle: if top.is_multiple_of(2) { format::number(top / 2) } else { String::new() },
            labels: drawing.labels(),
            legend: legend(told, &colours, |jail| is_shown(jail, query, told)),
        }
    }

    /// Returns true if bans of some bar may be missing.
    pub(super) fn has_gap(&self) -> bool {
        self.bars.iter().any(|bar| bar.is_gap)
    }

    /// Returns true if some bar is higher than the scale.
    pub(super) fn has_break(&self) -> bool {
        self.bars.iter().any(|bar| bar.broken.is_some())
    }
}

/// What the bars are drawn from.
struct Drawing<'a> {
    params: &'a Params,
    period: Period,
    query: &'a OverviewQuery,
    told: &'a Overview,
    now: i64,
    colours: &'a [usize],
    /// The number at the top of the scale.
    top: u64,
}

impl Drawing<'_> {
    /// The bar at that place, of the bans `own` of its jails.
    fn bar(&self, at: usize, own: &[(usize, u64)]) -> Option<Bar> {
        let (since, until) = (*self.query.edges.get(at)?, *self.query.edges.get(at + 1)?);
        let bans = sum(own);
        let time = times::of_bar(self.period, since, until);
        let is_gap = is_unknown(self.told, since, until, self.now);
        let is_chosen = self.query.bar == Some(at);
        let begin = if is_chosen { String::new() } else { since.to_string() };
        Some(Bar {
            x: self.place(at),
            width: self.place(1),
            query: self.params.to_url(&[("bar", begin)]),
            title: format!("{time}: {}", describe(bans, is_gap)),
            time,
            bans,
            jails: in_words(own, self.told),
            parts: parts(own, self.colours, self.top.max(bans)),
            broken: (bans > self.top).then(|| self.beside(at)),
            is_gap,
            is_chosen,
        })
    }

    fn place(&self, at: usize) -> String {
        percent::of(at as u64, self.told.bars.len().max(1) as u64)
    }

    /// The place of a number beside a bar, towards the middle of the picture.
    fn beside(&self, at: usize) -> Beside {
        if at * 2 < self.told.bars.len() {
            Beside { x: self.place(at + 1), dx: 4, anchor: "start" }
        } else {
            Beside { x: self.place(at), dx: -4, anchor: "end" }
        }
    }

    fn labels(&self) -> [(&'static str, &'static str, String); 3] {
        let edge = |at: usize| self.query.edges.get(at);
        let label = |at: usize| edge(at).map(|edge| times::label(self.period, *edge)).unwrap_or_default();
        [
            ("0%", "start", label(0)),
            ("50%", "middle", label(self.told.bars.len() / 2)),
            ("100%", "end", "now".to_owned()),
        ]
    }
}

fn is_shown(jail: usize, query: &OverviewQuery, told: &Overview) -> bool {
    let name = told.jails.get(jail).map(|(name, _)| name);
    query.jail.as_ref().is_none_or(|chosen| name == Some(chosen))
}

/// The bans of a bar that are of the jails that are shown.
fn shown(bar: &[(usize, u64)], query: &OverviewQuery, told: &Overview) -> Vec<(usize, u64)> {
    bar.iter().copied().filter(|(jail, _)| is_shown(*jail, query, told)).collect()
}

fn sum(bar: &[(usize, u64)]) -> u64 {
    bar.iter().map(|(_, bans)| bans).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_stand_on_each_other_and_late_jails_share_a_colour() {
        let parts = parts(&[(0, 5), (5, 2), (9, 3)], &[0, 1, 2, 3, 4, 5], 10);
        let read: Vec<_> =
            parts.iter().map(|part| (part.colour, part.y.as_str(), part.height.as_str())).collect();
        assert_eq!(read, [(0, "50.00%", "50.00%"), (5, "0.00%", "50.00%")]);
    }
}
