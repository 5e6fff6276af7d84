//! Numbers, durations and times as people read them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::ban::Ban;
use crate::domain::jail::{Length, Reading};
use crate::domain::text;
use crate::jail_service::Entries;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const TWO_DAYS: u64 = 2 * DAY;
const WEEK: u64 = 7 * DAY;

#[expect(clippy::needless_pass_by_value, reason = "templates pass values and references alike")]
/// A whole number with a comma between thousands: `10,109`.
pub(crate) fn number(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of bans: `3 bans`, and `3 bans of 2 addresses` where it is known of how many `entries` they are.
pub(crate) fn bans(bans: u64, entries: Option<&Entries>) -> String {
    let counted =
        |many: u64, one: &str, more: &str| format!("{} {}", number(many), if many == 1 { one } else { more });
    let all = counted(bans, "ban", "bans");
    match entries.map(|entries| (entries.number as u64, entries.are_addresses)) {
        None | Some((0, _)) => all,
        Some((entries, true)) => format!("{all} of {}", counted(entries, "address", "addresses")),
        Some((entries, false)) => {
            format!("{all} of {}", counted(entries, "address or network", "addresses and networks"))
        }
    }
}

/// A duration in its two largest units: `1 h 34 min`, `6 days 4 h`.
pub(crate) fn seconds(seconds: u64) -> String {
    let (many, name, rest) = match seconds {
        0..MINUTE => (seconds, "s", String::new()),
        MINUTE..HOUR => (seconds / MINUTE, "min", String::new()),
        HOUR..DAY => (seconds / HOUR, "h", unless_zero(seconds % HOUR / MINUTE, "min")),
        DAY..TWO_DAYS => (1, "day", unless_zero(seconds % DAY / HOUR, "h")),
        _ => (seconds / DAY, "days", unless_zero(seconds % DAY / HOUR, "h")),
    };
    format!("{many} {name}{rest}")
}

fn unless_zero(many: u64, name: &str) -> String {
    if many == 0 { String::new() } else { format!(" {many} {name}") }
}

/// A configured length, in words: whole weeks as weeks.
pub(crate) fn length(length: &Length) -> String {
    match *length {
        Length::Permanent => "permanent".to_owned(),
        Length::PracticallyForever => "practically forever".to_owned(),
        Length::Seconds(WEEK) => "1 week".to_owned(),
        Length::Seconds(number) if number > 0 && number.is_multiple_of(WEEK) => {
            format!("{} weeks", number / WEEK)
        }
        // A minute and a half must not read as one minute.
        Length::Seconds(number) if number > MINUTE && number < HOUR && !number.is_multiple_of(MINUTE) => {
            format!("{}{}", seconds(number), unless_zero(number % MINUTE, "s"))
        }
        Length::Seconds(number) => seconds(number),
    }
}

/// Describes the length of a ban, to follow it: `for 10 min`, `for ever`.
pub(crate) fn lasting(lasts: &Length) -> String {
    match lasts {
        Length::Permanent => "forever".to_owned(),
        Length::PracticallyForever => "practically forever".to_owned(),
        Length::Seconds(_) => format!("for {}", length(lasts)),
    }
}

/// Makes a foreign text, such as a banned entry or a jail's name, fit to be shown.
#[expect(clippy::needless_pass_by_value, reason = "templates pass values and references alike")]
pub(crate) fn shown(text: impl ToString) -> String {
    text::printable(&text.to_string())
}

/// A number of bytes in its unit: `900 bytes`, `3.1 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", number(bytes / 1_000_000), bytes % 1_000_000 / 100_000),
    }
}

/// The exact number of seconds behind a length, for the title.
pub(crate) fn exact_length(length: &Length) -> String {
    match *length {
        Length::Permanent => "never ends".to_owned(),
        Length::PracticallyForever => "a thousand years or longer".to_owned(),
        Length::Seconds(seconds) => format!("{} seconds", number(seconds)),
    }
}

/// Describes how long ago `at` was: `2 min ago`, `just now`.
pub(crate) fn ago(at: &Timestamp, now: &Timestamp) -> String {
    match u64::try_from(now.as_second() - at.as_second()) {
        Ok(0..5) => "just now".to_owned(),
        Ok(passed @ ..MINUTE) => format!("{passed} s ago"),
        Ok(passed) => format!("{} ago", largest(passed)),
        // Clocks are read one after the other.
        Err(_) if at.as_second() - now.as_second() < 5 => "just now".to_owned(),
        Err(_) => format!("in {}", largest(at.as_second().abs_diff(now.as_second()))),
    }
}

fn largest(passed: u64) -> String {
    match passed {
        0..MINUTE => format!("{passed} s"),
        MINUTE..HOUR => format!("{} min", passed / MINUTE),
        HOUR..DAY => format!("{} h", passed / HOUR),
        DAY..TWO_DAYS => "1 day".to_owned(),
        _ => format!("{} days", passed / DAY),
    }
}

/// The exact time, in the server's time zone: `2026-11-22 14:31:06 UTC`.
pub(crate) fn exact(at: &Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The exact time without its zone: `2026-11-22 14:31:06`.
pub(crate) fn stamp(at: &Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The server's time zone at a time: `UTC`.
pub(crate) fn zone(at: &Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Z").to_string()
}

/// The time of day, with the date where it is not today's: `14:29`, `23 Nov, 10:31`.
pub(crate) fn clock(at: &Timestamp, now: &Timestamp) -> String {
    let zone = TimeZone::system();
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    let form = match (at.date() == now.date(), at.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%-d %b, %H:%M",
        (false, false) => "%-d %b %Y",
    };
    at.strftime(form).to_string()
}

/// A time for `<time datetime>`, which takes no more than three digits of a second.
pub(crate) fn datetime(at: &Timestamp) -> String {
    if at.subsec_nanosecond() == 0 { at.to_string() } else { format!("{at:.3}") }
}

/// The same as [`clock`], with its zone: `14:29 UTC`.
pub(crate) fn moment(at: &Timestamp, now: &Timestamp) -> String {
    format!("{} {}", clock(at, now), zone(at))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
/// A day: `1 Dec 2026`.
pub(crate) fn day(day: &Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// The time of day to the second, for what just began: `14:29:06 UTC`.
pub(crate) fn time(at: &Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S %Z").to_string()
}

/// The share of a ban that is left, from 0 to 100, for its bar.
pub(crate) fn share_left(left: u64, of: u64) -> u64 {
    if of == 0 { 0 } else { (u128::from(left) * 100 / u128::from(of)).min(100).try_into().unwrap_or(100) }
}

/// The share of a ban that is left at `now`, from 0 to 100; a permanent one stays whole.
pub(crate) fn ban_share_left(ban: &Ban, now: &Timestamp) -> u64 {
    match (ban.length, ban.seconds_left(*now)) {
        (Length::Seconds(of), Some(left)) => share_left(left, of),
        _ => 100,
    }
}

/// Describes when a jail bans, as a sentence; unknown values are named as unknown. With 0 or a
/// negative number of failures one is enough (`fail2ban/server/failmanager.py`, `toBan`), and
/// within no time only those of the same moment count (`FailTicket.adjustTime`).
pub(crate) fn after(max_retry: &Reading<i64>, find_time: &Reading<Length>) -> String {
    let within = match find_time {
        Ok(Length::Seconds(0)) => "at the same moment (its findtime is 0)".to_owned(),
        Ok(time) => format!("within {}", length(time)),
        Err(_) => "within an unknown time".to_owned(),
    };
    match max_retry {
        Ok(odd @ ..=0) => format!("the first failure (its maxretry is {odd})"),
        Ok(1) => "1 failure".to_owned(),
        Ok(retries) => format!("{} failures {within}", number(*retries)),
        Err(_) => format!("an unknown number of failures {within}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    #[test]
    fn numbers_have_a_comma_between_thousands() {
        for (plain, grouped) in
            [(0_u64, "0"), (999, "999"), (1000, "1,000"), (10_109, "10,109"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(plain), grouped);
        }
    }

    #[test]
    fn bans_and_addresses_are_two_numbers() {
        let entries = |number, are_addresses| Some(Entries { number, are_addresses });
        for (many, of, words) in [
            (0, entries(0, true), "0 bans"),
            (1, None, "1 ban"),
            (1, entries(1, true), "1 ban of 1 address"),
            (1914, entries(1685, true), "1,914 bans of 1,685 addresses"),
            (3, entries(2, false), "3 bans of 2 addresses and networks"),
        ] {
            assert_eq!(bans(many, of.as_ref()), words);
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (plain, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (5640, "1 h 34 min"),
            (86_400, "1 day"),
            (534_000, "6 days 4 h"),
        ] {
            assert_eq!(seconds(plain), words);
        }
    }

    #[test]
    fn lengths_are_exact_or_say_their_seconds() {
        for (plain, words) in [
            (600, "10 min"),
            (90, "1 min 30 s"),
            (606, "10 min 6 s"),
            (604_800, "1 week"),
            (1_209_600, "2 weeks"),
            (3600, "1 h"),
            (86_400, "1 day"),
        ] {
            assert_eq!(length(&Length::Seconds(plain)), words);
        }
        assert_eq!(length(&Length::Permanent), "permanent");
        assert_eq!(lasting(&Length::PracticallyForever), "practically forever");
        let sizes = [999, 256_000, 3_149_999, 1_234_000_000].map(bytes);
        assert_eq!(sizes, ["999 bytes", "256 kB", "3.1 MB", "1,234.0 MB"]);
    }

    #[test]
    fn a_time_for_machines_has_three_digits_of_a_second_at_most() -> Result<(), jiff::Error> {
        for (at, written) in [
            ("2026-11-27T05:12:07Z", "2026-11-27T05:12:07Z"),
            ("2026-11-27T05:12:07.123456789Z", "2026-11-27T05:12:07.123Z"),
        ] {
            assert_eq!(datetime(&at.parse()?), written);
        }
        Ok(())
    }

    #[test]
    fn times_are_told_from_now() {
        assert_eq!(ago(&at(1000), &at(1002)), "just now");
        assert_eq!(ago(&at(1000), &at(1030)), "30 s ago");
        assert_eq!(ago(&at(1000), &at(1000 + 7300)), "2 h ago");
        assert_eq!(ago(&at(1000), &at(1000 + 90_000)), "1 day ago");
        assert_eq!(share_left(30, 120), 25);
        assert_eq!(share_left(5, 0), 0);
    }
}
