//! The rows of an ignore list.

use crate::domain::ignore::{EverywhereEntry, KeptEntry, Listed};

use super::kept::Kept;

/// An entry of an ignore list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IgnoreRow {
    /// The entry, as the daemon lists it.
    pub listed: Listed,
    /// Record of who keeps it, why and until when, if somebody does.
    pub kept: Option<KeptEntry>,
    /// Record of who had every jail ignore it, if somebody had.
    pub(crate) everywhere: Option<EverywhereEntry>,
    /// True if it is kept and yet not in force.
    pub(crate) is_missing: bool,
}

impl IgnoreRow {
    /// Returns true if fail2ban can be told to remove it.
    #[must_use]
    pub(crate) fn is_removable(&self) -> bool {
        self.listed.is_sendable()
    }

    /// Returns true if it can be kept, that is, if a user could have added it.
    #[must_use]
    pub(crate) fn is_keepable(&self) -> bool {
        self.listed.entry().is_some()
    }
}

/// The rows of a list; kept entries that are missing from it come first.
pub(super) fn rows(listed: Vec<Listed>, kept: &Kept) -> Vec<IgnoreRow> {
    let row = |listed: Listed, is_missing| IgnoreRow {
        kept: kept.own.iter().find(|kept| listed.is(&kept.entry)).cloned(),
        everywhere: kept.everywhere(&listed).cloned(),
        listed,
        is_missing,
    };
    let missing = kept.missing(&listed).into_iter();
    let mut rows: Vec<IgnoreRow> =
        missing.map(|entry| row(Listed::from_daemon(entry.to_string()), true)).collect();
    rows.extend(listed.into_iter().map(|listed| row(listed, false)));
    // The daemon lists single addresses in another order each time.
    rows.sort_by_cached_key(|row| {
        let target = row.listed.target();
        (!row.is_missing, target.is_none(), target, row.listed.to_string())
    });
    rows
}
