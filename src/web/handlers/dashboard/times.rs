//! The times that a dashboard shows, cut into bars.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use strum::{AsRefStr, Display, EnumString, VariantArray};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, Display, EnumString, VariantArray)]
pub(super) enum Period {
    #[strum(serialize = "24h")]
    Day,
    #[strum(serialize = "7d")]
    Week,
    #[strum(serialize = "30d")]
    Month,
    #[strum(serialize = "365d")]
    Year,
}

impl Period {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Year => "365 days",
        }
    }

    /// What a bar stands for.
    pub(super) fn bar(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Week => "6 hours",
            Self::Month => "day",
            Self::Year => "week",
        }
    }
}

/// The edges of the bars, in seconds since 1970. Days are those of the server's zone, but for a year: its weeks are
/// made of days of UTC, which have sums of their own. All are whole hours, as the sums are: in a zone that is not
/// whole hours from UTC a day begins up to an hour early.
pub(super) fn edges(period: Period, now: i64) -> Vec<i64> {
    let whole_hour = |second: i64| second.div_euclid(HOUR) * HOUR;
    match period {
        Period::Day => (-23..=1).map(|hour| whole_hour(now) + hour * HOUR).collect(),
        Period::Week => {
            let quarters: Vec<i64> = days(now, 8).windows(2).flat_map(quarters).map(whole_hour).collect();
            let end = quarters.partition_point(|edge| *edge <= now);
            let tomorrow = days(now, 1).pop().map(whole_hour);
            let next = quarters.get(end).copied().or(tomorrow);
            quarters.into_iter().take(end).skip(end.saturating_sub(28)).chain(next).collect()
        }
        Period::Month => days(now, 30).into_iter().map(whole_hour).collect(),
        Period::Year => {
            let end = (now.div_euclid(DAY) + 1) * DAY;
            (0..=52).map(|week| end - (52 - week) * 7 * DAY).collect()
        }
    }
}

/// The beginnings of the last days and of tomorrow.
fn days(now: i64, number: i64) -> Vec<i64> {
    let today = midnight(now);
    let day =
        |back: i64| today.checked_add(Span::new().days(back)).map_or(now, |day| day.timestamp().as_second());
    (1 - number..=1).map(day).collect()
}

/// A day in four; one that is not 24 hours long has a longer or shorter last part.
fn quarters(day: &[i64]) -> Vec<i64> {
    day.first().map(|begin| (0..4).map(|part| begin + part * 6 * HOUR).collect()).unwrap_or_default()
}

fn midnight(now: i64) -> Zoned {
    let now = Timestamp::from_second(now).unwrap_or_default().to_zoned(TimeZone::system());
    now.start_of_day().unwrap_or(now)
}

type Span2 = (i64, i64);

/// Today so far, the same hours of yesterday, and of this weekday in the four weeks before.
pub(super) fn today(now: i64) -> (Span2, Span2, Vec<Span2>) {
    let today = midnight(now);
    let so_far = now - today.timestamp().as_second();
    let back = |days: i64| {
        let day = today.checked_sub(Span::new().days(days)).map_or(0, |day| day.timestamp().as_second());
        (day, day + so_far)
    };
    ((today.timestamp().as_second(), now + 1), back(1), (1..=4).map(|week| back(7 * week)).collect())
}

/// A time of the server's zone.
fn local(second: i64) -> DateTime {
    Timestamp::from_second(second).unwrap_or_default().to_zoned(TimeZone::system()).datetime()
}

/// The time of a bar, in a few words.
pub(super) fn of_bar(period: Period, since: i64, until: i64) -> String {
    let (begin, end) = (local(since), local(until));
    match period {
        Period::Day | Period::Week => {
            format!("{}–{}", begin.strftime("%a %-d %b, %H:%M"), end.strftime("%H:%M"))
        }
        Period::Month => begin.strftime("%a %-d %b").to_string(),
        Period::Year => format!("{} – {}", begin.strftime("%-d %b"), local(until - 1).strftime("%-d %b %Y")),
    }
}

/// The time below an edge of the chart.
pub(super) fn label(period: Period, second: i64) -> String {
    let form = match period {
        Period::Day => "%H:%M",
        Period::Week => "%a %-d",
        Period::Month => "%-d %b",
        Period::Year => "%b %Y",
    };
    local(second).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    #[test]
    fn the_bars_of_each_time_are_whole_hours_and_hold_this_moment() {
        for (period, number) in Period::VARIANTS.iter().zip([24, 28, 30, 52]) {
            let edges = edges(*period, NOW);
            assert_eq!(edges.len(), number + 1, "{period}");
            assert!(edges.is_sorted_by(|a, b| a < b), "{period}: {edges:?}");
            assert!(edges.iter().all(|edge| edge % HOUR == 0), "{period}: {edges:?}");
            let last = edges.iter().rev().nth(1).copied();
            assert!(last.is_some_and(|last| last <= NOW), "{period}");
            assert!(edges.last().is_some_and(|end| *end > NOW), "{period}");
        }
    }

    #[test]
    fn today_is_compared_with_the_same_hours() {
        let (today, yesterday, weekdays) = today(NOW);
        assert_eq!(yesterday.1 - yesterday.0, today.1 - 1 - today.0);
        assert_eq!(weekdays.len(), 4);
        assert!(weekdays.iter().all(|day| day.1 - day.0 == yesterday.1 - yesterday.0));
    }
}
