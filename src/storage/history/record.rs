//! A ban to be recorded.

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::jail::Length;

/// A ban to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRecord {
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    pub(crate) since: Timestamp,
    pub(crate) length: Option<Length>,
    /// `None` where only a list or the log tells of the ban.
    pub(crate) count: Option<u64>,
}

impl NewRecord {
    /// Returns true if its time is over `now`.
    pub(super) fn is_over(&self, now: i64) -> bool {
        let end = |seconds| self.since.as_second().saturating_add_unsigned(seconds);
        matches!(self.length, Some(Length::Seconds(seconds)) if end(seconds) <= now)
    }
}

/// A list tells the second in which a ban began, the database rounds it (`fail2ban/server/database.py`, `addBan`).
pub(super) const ROUNDED: i64 = 1;
