//! A ban: the entry, its start and its end.

pub(crate) mod held;
pub(crate) mod order;
pub mod page;
pub mod table;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::Banned;
use super::jail::JailName;
use super::jail::length::Length;
use super::local_time::Printed;

/// One ban that holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The entry that the jail holds.
    pub banned: Banned,
    /// The time when it began.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub since: Timestamp,
    /// The length, counted from `since`.
    pub length: Length,
}

impl Ban {
    /// Returns the time when it ends; `None` for a permanent ban, and for one of a thousand years
    /// or longer.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        match self.length {
            Length::Permanent | Length::PracticallyForever => None,
            Length::Seconds(seconds) => {
                let end = self.since.as_second().saturating_add_unsigned(seconds);
                Some(Timestamp::from_second(end).unwrap_or(Timestamp::MAX))
            }
        }
    }

    /// Returns the number of seconds that are left at `now`, 0 when it is over; `None` where
    /// [`Self::ends`] is.
    #[must_use]
    pub(crate) fn seconds_left(&self, now: Timestamp) -> Option<u64> {
        self.ends().map(|end| u64::try_from(end.as_second() - now.as_second()).unwrap_or(0))
    }
}

/// A jail that holds an address, and the entry by which it does: that address or a network around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The jail.
    pub jail: JailName,
    /// The entry.
    pub banned: Banned,
}

/// The most unreadable entries of which the text is kept.
const MOST_UNREAD_SHOWN: usize = 20;
/// The longest part of such a text that is kept, in characters.
const LONGEST_UNREAD: usize = 300;

/// Entries of a ban list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnreadEntries {
    /// Number of these entries.
    pub count: u64,
    /// The texts of the first of them, shortened.
    pub first: Vec<String>,
}

impl UnreadEntries {
    /// Adds one more, which reads `text`.
    pub fn add(&mut self, text: &str) {
        self.count += 1;
        if self.first.len() < MOST_UNREAD_SHOWN {
            self.first.push(text.chars().take(LONGEST_UNREAD).collect());
        }
    }
}

/// A line of a ban list that does not have fail2ban's form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a line of the ban list is not of fail2ban's form: {0:?}")]
pub(crate) struct BanLineError(pub String);

/// Reads a line of `get J banip --with-time`, `'203.0.113.5 \t2026-11-22 13:31:06 + 3600 = 2026-11-22
/// 14:31:06'` (`fail2ban/server/banmanager.py`, `getBanList`), which was read at `now`. The times are in the
/// daemon's local time, `zone`, which the text does not name. The end is computed, not read: `since` plus
/// `length` also holds where the text says the year 9999. It only tells which of two equal local times is
/// meant.
pub(crate) fn parse_ban_line(line: &str, zone: &TimeZone, now: Timestamp) -> Result<Ban, BanLineError> {
    read_line(line, zone, now).ok_or_else(|| BanLineError(line.chars().take(120).collect()))
}

/// Returns the entry and the local start of a line that [`parse_ban_line`] reads, for callers that
/// know that start otherwise.
#[must_use]
pub fn printed_start(line: &str, is_wanted: impl FnOnce(&str) -> bool) -> Option<(&str, DateTime)> {
    let (entry, times) = line.rsplit_once(" \t")?;
    if !is_wanted(entry) {
        return None;
    }
    Some((entry, times.split_once(" + ")?.0.parse().ok()?))
}

fn read_line(line: &str, zone: &TimeZone, now: Timestamp) -> Option<Ban> {
    // From the right: the entry may be any text, the times have one form.
    let (rest, end) = line.rsplit_once('=')?;
    let (rest, seconds) = rest.strip_suffix(' ')?.rsplit_once('+')?;
    let (banned, since) = rest.strip_suffix(' ')?.rsplit_once('\t')?;
    // fail2ban writes whole seconds; a fraction would outlast the end of its own ban.
    let start = since.parse().ok().filter(|start: &DateTime| start.subsec_nanosecond() == 0)?;
    let seconds = seconds.strip_prefix(' ')?;
    Some(Ban {
        banned: Banned::from_daemon(banned.strip_suffix(' ')?),
        since: Printed { start, seconds, end }.start(zone, now)?,
        length: Length::from_digits(seconds)?,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A ban of `entry` since so many seconds after 1970.
    pub(crate) fn ban(entry: &str, since: i64, length: Length) -> Ban {
        let since = Timestamp::from_second(since).unwrap_or(Timestamp::MIN);
        Ban { banned: Banned::from_daemon(entry), since, length }
    }

    fn read(line: &str) -> Ban {
        parse_ban_line(line, &TimeZone::UTC, Timestamp::MAX).unwrap_or_else(|e| unreachable!("{e}"))
    }

    #[test]
    fn a_line_gives_address_start_length_and_end() {
        let ban = read("203.0.113.5 \t2026-11-22 13:47:32 + 3600 = 2026-11-22 14:47:32");
        assert_eq!(ban.banned.to_string(), "203.0.113.5");
        assert_eq!(ban.since.to_string(), "2026-11-22T13:47:32Z");
        assert_eq!(ban.ends().map(|t| t.to_string()).as_deref(), Some("2026-11-22T14:47:32Z"));
        assert_eq!(ban.seconds_left(ban.since), Some(3600));
        assert_eq!(ban.seconds_left(Timestamp::MAX), Some(0));
    }

    #[test]
    fn a_permanent_ban_never_ends() {
        let ban = read("192.0.2.77 \t2026-11-22 13:47:32 + -1 = 9999-12-31 23:59:59");
        assert_eq!((ban.length, ban.ends(), ban.seconds_left(ban.since)), (Length::Permanent, None, None));
    }

    #[test]
    fn a_ban_of_more_seconds_than_fit_is_listed_without_an_end() {
        let ban = read("192.0.2.7 \t2026-11-22 13:47:32 + 69868542114970189824 = 9999-12-31 23:59:59");
        assert_eq!((ban.length, ban.ends()), (Length::PracticallyForever, None));
    }

    #[test]
    fn any_text_may_have_been_banned() {
        let ban = read("a + b = c \tx \t2026-11-22 13:47:32 + 60 = 2026-11-22 13:48:32");
        assert_eq!(ban.banned, Banned::Text("a + b = c \tx".to_owned()));
    }

    #[test]
    fn the_daemons_time_zone_counts() {
        let line = "203.0.113.5 \t2026-11-22 13:00:00 + 60 = 2026-11-22 13:01:00";
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(
            parse_ban_line(line, &zone, Timestamp::MAX).map(|ban| ban.since.to_string()).as_deref(),
            Ok("2026-11-22T11:00:00Z")
        );
    }

    #[test]
    fn a_line_of_another_form_is_an_error() {
        for line in [
            "",
            "203.0.113.5",
            "203.0.113.5 \tyesterday + 3600 = tomorrow",
            "x \t2026-11-22 13:47:32 + y = 2026-11-22 14:47:32",
            "x \t2026-11-22 13:47:32.5 + 0 = 2026-11-22 13:47:32",
        ] {
            assert!(parse_ban_line(line, &TimeZone::UTC, Timestamp::MAX).is_err(), "{line:?}");
        }
    }
}
