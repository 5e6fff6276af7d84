//! The audit: each action, its account, its client address, its target and its outcome.

pub(crate) mod query;

use std::net::IpAddr;

use jiff::Timestamp;
use strum::{AsRefStr, Display, EnumString};

use super::text::truncate;
pub use query::{AuditPage, AuditQuery};

/// The most characters that one column of a row keeps.
pub(crate) const LONGEST: usize = 500;

/// The most characters of a target: as much as a form can name. A row that is cut would hide what comes last.
pub(crate) const LONGEST_TARGET: usize = 64 * 1024;

/// `target` with each of its names cut to what a column keeps.
pub(crate) fn with_short_names(target: &str) -> String {
    target.split_inclusive(is_between).map(|name| truncate(name, LONGEST)).collect()
}

/// Returns true between two names of a target.
pub(crate) fn is_between(c: char) -> bool {
    c == ',' || c == ';' || c.is_whitespace()
}

/// An action, as its request describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the account. `None` where nobody was logged in.
    pub account: Option<String>,
    /// The address that the request came from. `None` for the end of work, which nobody sent.
    pub address: Option<IpAddr>,
    /// The action that was asked for, in a few words of ours.
    pub action: String,
    /// The jail, as it was named.
    pub jail: Option<String>,
    /// The rest of what was named, as it was written.
    pub target: String,
}

/// The outcome of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Outcome {
    /// No end is known (yet): the request was broken off, or BanGUI ended meanwhile.
    Open,
    /// Work was begun; its end has a row of its own.
    Begun,
    /// Nothing was done yet: the page asks for a confirmation or a password first.
    Asked,
    /// It was done.
    Done,
    /// It was not done: not allowed, not valid, or fail2ban refused.
    Refused,
    /// Something broke, so that it may or may not have been done.
    Failed,
}

impl Outcome {
    /// Returns true if it is known that nothing was changed.
    pub(crate) fn is_nothing_done(self) -> bool {
        matches!(self, Self::Asked | Self::Refused)
    }
}

/// The end of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// The HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// The words that the person was shown.
    pub words: String,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number: the later, the higher.
    pub id: i64,
    /// The time when it began.
    pub at: Timestamp,
    /// The action that was asked for.
    pub entry: Entry,
    pub end: End,
    /// Number of requests counted in this row, where there were too many for a row each; otherwise 0.
    pub(crate) folded: u64,
}

/// Limits of the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditLimits {
    /// The age of the oldest rows in days.
    pub(crate) days: u32,
    /// The size of all rows in MiB.
    pub(crate) megabytes: u32,
}
