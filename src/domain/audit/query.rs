//! A question to the audit, and a page of its answer.

use jiff::Timestamp;
use strum::{AsRefStr, Display, EnumString};

use super::Record;

/// Kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, AsRefStr, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// What changed something, or may have.
    Changes,
    /// Logins and their failures.
    Logins,
    /// What was refused, logins too.
    Refused,
    #[default]
    All,
}

impl Kind {
    /// Every kind, in the order in which they are offered.
    pub(crate) const EVERY: [Self; 4] = [Self::Changes, Self::Logins, Self::Refused, Self::All];
}

/// The part of the audit that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// The kind of rows.
    pub kind: Kind,
    /// The name of an account.
    pub(crate) account: Option<String>,
    /// An action. The end of its work is included.
    pub(crate) action: Option<String>,
    /// The address that requests came from.
    pub(crate) address: Option<String>,
    /// Seconds since 1970: from the first to before the second.
    pub(crate) between: Option<(i64, i64)>,
    /// Part of any column but the time; empty for all.
    pub search: String,
    /// Only rows with a smaller number. `None` for the newest.
    pub(crate) before: Option<i64>,
    /// True if equal rows of what was refused become one line.
    pub folds: bool,
    /// The page, from 1.
    pub page: usize,
    /// Lines a page, at least 1.
    pub(crate) per_page: usize,
}

/// A row, or several equal ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The newest of them.
    pub(crate) record: Record,
    /// Number of rows.
    pub(crate) times: u64,
    /// The time of the oldest of them.
    pub(crate) first: Timestamp,
}

/// A page of the audit, the newest first. It is one of a window of rows: no more are looked at for one request,
/// however many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Its lines.
    pub(crate) lines: Vec<Line>,
    /// The number of this page, from 1. The last one where a later one was asked for.
    pub page: usize,
    /// Number of pages of the window, at least 1.
    pub pages: usize,
    /// Number of lines of the window that match the query.
    pub matching: usize,
    /// Number of rows, in the window or not.
    pub all: usize,
    /// The oldest row of the window, where there are older ones outside.
    pub(crate) older: Option<Oldest>,
    /// The time of the oldest row of all.
    pub(crate) since: Option<Timestamp>,
}

/// The oldest row of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Oldest {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
}
