//! Bans whose time is known in two ways: as the list prints it, and as seconds since 1970.

use std::collections::HashMap;
use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ValueRef;

use crate::domain::ban::printed_start;
use crate::domain::jail::JailName;
use crate::domain::lookup::NoHistory;
use crate::fail2ban::database_file;

/// Number of rows that are looked up in the list.
const MOST: u32 = 32;
/// Number of the newest rows of all jails among which those of one jail are looked for.
const NEWEST: u32 = 5_000;
/// Offsets of the world's zones are whole quarters of an hour; others are taken for a mistake.
const QUARTER: i64 = 15 * 60;

/// A ban that is in a list: its printed start, and the seconds in which that can have been.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) printed: DateTime,
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
}

impl Sample {
    /// Returns true if a clock of `zone` would print that.
    pub(crate) fn agrees(&self, zone: &TimeZone) -> bool {
        [self.earliest, self.latest].into_iter().any(|second| {
            let offset = Timestamp::from_second(second).map(|at| zone.to_offset(at));
            offset.is_ok_and(|offset| self.is_at(offset))
        })
    }

    /// The only offset from UTC with which a clock would print that; `None` where there is none.
    pub(crate) fn offset(&self) -> Option<Offset> {
        let printed = Offset::UTC.to_timestamp(self.printed).ok()?.as_second();
        let quarters = printed.checked_sub(self.earliest)?.checked_add(QUARTER / 2)?.div_euclid(QUARTER);
        let offset = i32::try_from(quarters.checked_mul(QUARTER)?).ok()?;
        Offset::from_seconds(offset).ok().filter(|offset| self.is_at(*offset))
    }

    fn is_at(&self, offset: Offset) -> bool {
        let local = offset.to_timestamp(self.printed).map(Timestamp::as_second);
        local.is_ok_and(|second| (self.earliest..=self.latest).contains(&second))
    }
}

/// Entries whose bans began in known seconds, and those of them that a list has.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    known: HashMap<String, (i64, i64)>,
    pub(crate) found: Vec<Sample>,
}

impl Wanted {
    /// Adds an entry whose ban began in one of these seconds.
    pub(crate) fn add(&mut self, entry: String, earliest: i64, latest: i64) {
        self.known.entry(entry).or_insert((earliest, latest));
    }

    /// Notes the line of a ban list if it is of one of them.
    pub(crate) fn note(&mut self, line: &str) {
        if self.known.is_empty() {
            return;
        }
        if let Some((entry, printed)) = printed_start(line, |entry| self.known.contains_key(entry))
            && let Some((earliest, latest)) = self.known.remove(entry)
        {
            self.found.push(Sample { printed, earliest, latest });
        }
    }

    /// Returns the samples that were found, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<Sample> {
        let mut found = self.found.clone();
        found.sort_by_key(|sample| std::cmp::Reverse(sample.latest));
        found
    }
}

/// The newest bans of `jail` in fail2ban's database: entries, and the seconds in which they began. Blocks.
pub(crate) fn newest(file: &Path, jail: &JailName) -> Result<Vec<(String, i64, i64)>, NoHistory> {
    database_file::with_database(file, |connection| {
        let sql = "SELECT ip, timeofban FROM (SELECT ip, timeofban, jail FROM bips ORDER BY timeofban DESC LIMIT ?1) \
                   WHERE jail = ?2 LIMIT ?3";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query((NEWEST, jail.as_str(), MOST))?;
        let mut newest = Vec::new();
        while let Some(row) = rows.next()? {
            // Values of other types prove nothing.
            if let (ValueRef::Text(ip), ValueRef::Integer(rounded)) = (row.get_ref(0)?, row.get_ref(1)?)
                && let Ok(ip) = std::str::from_utf8(ip)
            {
                // The database rounds (`fail2ban/server/database.py`, `addBan`), the list cuts off.
                newest.push((ip.to_owned(), rounded.saturating_sub(1), rounded));
            }
        }
        Ok(newest)
    })
}

/// The longest time that fail2ban may take to answer for a ban of ours, so that its time gives the
/// offset.
pub(crate) const SOON: SignedDuration = SignedDuration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(printed: &str, earliest: i64, latest: i64) -> Sample {
        let printed = printed.parse().unwrap_or_else(|e| unreachable!("{e}"));
        Sample { printed, earliest, latest }
    }

    #[test]
    fn a_ban_tells_the_offset_whether_the_database_rounded_up_or_not() {
        // 1,000,000 is 1970-01-12 13:46:40 UTC.
        for (printed, seconds) in [
            ("1970-01-12 13:46:40", Some(0)),
            ("1970-01-12 13:46:39", Some(0)),
            ("1970-01-12 08:46:40", Some(-18_000)),
            ("1970-01-12 19:16:39", Some(19_800)),
            ("1970-01-12 19:16:38", None),
            ("1970-01-12 13:50:00", None),
            ("1999-01-12 13:46:40", None),
        ] {
            let offset = sample(printed, 999_999, 1_000_000).offset();
            assert_eq!(offset.map(Offset::seconds), seconds, "{printed}");
        }
    }

    #[test]
    fn a_ban_agrees_with_the_zones_that_print_it_so() {
        let kolkata = TimeZone::fixed(Offset::from_seconds(19_800).unwrap_or(Offset::UTC));
        let in_kolkata = sample("1970-01-12 19:16:39", 999_999, 1_000_000);
        assert!(in_kolkata.agrees(&kolkata) && !in_kolkata.agrees(&TimeZone::UTC));
    }

    #[test]
    fn only_the_lines_of_wanted_entries_are_read() {
        let mut wanted = Wanted::default();
        wanted.add("a \tb".to_owned(), 1, 2);
        wanted.note("203.0.113.5 \t1970-01-01 00:00:01 + 60 = 1970-01-01 00:01:01");
        wanted.note("a \tb \t1970-01-01 00:00:02 + 60 = 1970-01-01 00:01:02");
        let found: Vec<i64> = wanted.newest_first().iter().map(|sample| sample.latest).collect();
        assert_eq!(found, [2]);
        assert!(wanted.newest_first().iter().all(|sample| sample.agrees(&TimeZone::UTC)));
    }
}
