//! What fail2ban's log tells of an entry besides its bans.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A failure that a jail found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedFailure {
    /// The time of the log line in which it was found.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub(crate) at: Timestamp,
    pub(crate) jail: String,
}

/// What the log tells, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogTraces {
    pub(crate) failures: Vec<LoggedFailure>,
    /// True if there are older failures than these.
    pub(crate) is_cut: bool,
    /// The starts of fail2ban, in seconds since 1970.
    pub(crate) starts: Vec<i64>,
    /// The time of the oldest line that was read, in seconds since 1970; `None` where no log can be read.
    pub(crate) begins: Option<i64>,
}

impl LogTraces {
    /// Adds what an older file tells.
    pub(crate) fn prepend(&mut self, mut older: Self) {
        older.failures.append(&mut self.failures);
        older.starts.append(&mut self.starts);
        let is_cut = older.is_cut || self.is_cut;
        *self = Self { begins: older.begins.or(self.begins), is_cut, ..older };
    }
}
