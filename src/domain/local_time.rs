//! A local time as fail2ban prints it, without a zone, and the moment that it means.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The last year in which fail2ban prints an end as it is (`fail2ban/server/mytime.py`, `time2str`).
const LAST_YEAR: i16 = 9998;

/// The times of one ban as fail2ban prints them (`fail2ban/server/banmanager.py`, `getBanList`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printed<'a> {
    /// The time when it begins.
    pub(crate) start: DateTime,
    /// The length, in seconds.
    pub(crate) seconds: &'a str,
    /// The time when it ends.
    pub(crate) end: &'a str,
}

impl Printed<'_> {
    /// Returns the time when the ban begins. A time that `zone` has twice, as in the night when the
    /// clocks go back, is the one that fits the printed end and is not later than `now`; where both
    /// do, the later one: the other is over sooner, and a ban that is listed holds. A time that
    /// `zone` leaves out is read as the time that clocks would show had they not gone forward.
    pub(crate) fn start(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let start = zone.to_ambiguous_timestamp(self.start);
        if !matches!(start.offset(), AmbiguousOffset::Fold { .. }) {
            return start.compatible().ok();
        }
        let (earlier, later) = (start.earlier().ok()?, start.later().ok()?);
        let past: Vec<Timestamp> = [later, earlier].into_iter().filter(|start| *start <= now).collect();
        let fits = past.iter().find(|start| self.fits(**start, zone));
        Some(*fits.or(past.first()).unwrap_or(&earlier))
    }

    /// Returns true if a ban that begins at `start` ends when it is printed to end, or if its end
    /// is not printed as it is.
    fn fits(&self, start: Timestamp, zone: &TimeZone) -> bool {
        let (Ok(seconds @ 0..), Ok(end)) = (self.seconds.parse::<i64>(), self.end.trim().parse::<DateTime>())
        else {
            return true;
        };
        if end.year() > LAST_YEAR {
            return true;
        }
        let Ok(expected) = start.checked_add(SignedDuration::from_secs(seconds)) else { return true };
        // A length with a fraction is cut off where it is printed and not where it is added.
        end.duration_since(zone.to_datetime(expected)).abs() <= SignedDuration::from_secs(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central Europe: on 25 October 2026 at 3:00 the clocks go back to 2:00, on 29 March at 2:00 forward
    /// to 3:00.
    fn zone() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or_else(|e| unreachable!("{e}"))
    }

    fn start(start: &str, seconds: &str, end: &str, now: &str) -> String {
        let start = start.parse().unwrap_or_else(|e| unreachable!("{e}"));
        let now = now.parse().unwrap_or_else(|e| unreachable!("{e}"));
        let read = Printed { start, seconds, end }.start(&zone(), now);
        read.map_or_else(String::new, |read| read.to_string())
    }

    #[test]
    fn the_printed_end_tells_which_of_the_two_hours_is_meant() {
        let now = "2026-10-25T12:00:00Z";
        let of_a_day = |end| start("2026-10-25 02:30:00", "86400", end, now);
        assert_eq!(of_a_day("2026-10-26 01:30:00"), "2026-10-25T00:30:00Z", "in summer time");
        assert_eq!(of_a_day("2026-10-26 02:30:00"), "2026-10-25T01:30:00Z", "in winter time");
        let of_an_hour = |end| start("2026-10-25 02:30:00", "3600", end, now);
        assert_eq!(of_an_hour("2026-10-25 02:30:00"), "2026-10-25T00:30:00Z");
        assert_eq!(of_an_hour("2026-10-25 03:30:00"), "2026-10-25T01:30:00Z");
        assert_eq!(of_an_hour("2026-10-25 03:30:01"), "2026-10-25T01:30:00Z", "with a fraction");
    }

    #[test]
    fn where_the_end_fits_both_the_ban_is_the_later_one_that_is_not_in_the_future() {
        let short = |now| start("2026-10-25 02:10:00", "600", "2026-10-25 02:20:00", now);
        assert_eq!(short("2026-10-25T00:15:00Z"), "2026-10-25T00:10:00Z");
        assert_eq!(short("2026-10-25T01:15:00Z"), "2026-10-25T01:10:00Z");
        let permanent = |now| start("2026-10-25 02:10:00", "-1", "9999-12-31 23:59:59", now);
        assert_eq!(permanent("2026-10-25T00:15:00Z"), "2026-10-25T00:10:00Z");
        assert_eq!(permanent("2026-10-25T01:15:00Z"), "2026-10-25T01:10:00Z");
        let endless = "69868542114970189824";
        let later = start("2026-10-25 02:10:00", endless, "9999-12-31 23:59:59", "2026-11-01T00:00:00Z");
        assert_eq!(later, "2026-10-25T01:10:00Z");
    }

    #[test]
    fn an_end_that_fits_neither_does_not_make_a_ban_of_the_future() {
        let odd = |now| start("2026-10-25 02:10:00", "600", "2026-10-25 09:00:00", now);
        assert_eq!(odd("2026-10-25T00:15:00Z"), "2026-10-25T00:10:00Z");
        assert_eq!(odd("2026-10-25T01:15:00Z"), "2026-10-25T01:10:00Z");
    }

    #[test]
    fn a_time_that_the_clocks_leave_out_is_read_all_the_same() {
        let skipped = start("2026-03-29 02:30:00", "3600", "2026-03-29 04:30:00", "2026-03-29T12:00:00Z");
        assert_eq!(skipped, "2026-03-29T01:30:00Z");
        let around = ["2026-03-29 01:59:59", "2026-03-29 03:00:00"]
            .map(|time| start(time, "60", "", "2026-03-29T12:00:00Z"));
        assert_eq!(around, ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"]);
    }
}
