//! The audit: each action, its account, its client address, its target and its outcome.

use std::net::IpAddr;

use jiff::Timestamp;
use strum::{AsRefStr, Display, EnumString};

use super::text::truncate;

/// The most characters that one column of a row keeps.
pub(crate) const LONGEST: usize = 500;

/// The most characters of a target: as much as a form can name. A row that is cut would hide what comes last.
pub(crate) const LONGEST_TARGET: usize = 64 * 1024;

/// `target` with each of its names cut to what a column keeps.
pub(crate) fn with_short_names(target: &str) -> String {
    target.split_inclusive(is_between).map(|name| truncate(name, LONGEST)).collect()
}

fn is_between(c: char) -> bool {
    c == ',' || c == ';' || c.is_whitespace()
}

/// The beginning of a target that is too long for a row of a table, and the number of names after it. `None` where it
/// is short.
pub(crate) fn beginning(target: &str) -> Option<(&str, usize)> {
    let (cut, _) = target.char_indices().nth(LONGEST)?;
    let end = target.split_at(cut).0.rfind(is_between).unwrap_or(cut);
    let (first, rest) = target.split_at(end);
    let first = first.trim_end_matches(is_between);
    Some((first, rest.split(is_between).filter(|name| !name.is_empty()).count()))
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
    /// It was done.
    Done,
    /// It was not done: not allowed, not valid, or fail2ban refused.
    Refused,
    /// Something broke, so that it may or may not have been done.
    Failed,
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

/// The part of the audit that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Part of any column but the time; empty for all.
    pub search: String,
    /// Only rows with a smaller number. `None` for the newest.
    pub(crate) before: Option<i64>,
    /// The page, from 1.
    pub page: usize,
    /// Rows a page, at least 1.
    pub(crate) per_page: usize,
}

/// A page of the audit, the newest first. It is one of a window of rows: no more are looked at for one request,
/// however many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Its rows.
    pub(crate) records: Vec<Record>,
    /// The number of this page, from 1. The last one where a later one was asked for.
    pub page: usize,
    /// Number of pages of the window, at least 1.
    pub pages: usize,
    /// Number of rows of the window that match the search.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_target_is_begun_and_the_rest_counted() {
        let names: Vec<String> = (0..61).map(|number| format!("203.0.113.{number}")).collect();
        let all = names.join(", ");
        let (first, more) = beginning(&all).unwrap_or_default();
        assert_eq!(first.split(", ").count() + more, 61);
        assert!(first.len() <= LONGEST && !first.ends_with(','), "{first}");
        assert_eq!(beginning("203.0.113.5"), None);
        assert_eq!(beginning(&"x".repeat(600)).map(|(first, more)| (first.len(), more)), Some((LONGEST, 1)));
    }
}
