//! Entries on the ignore list of every jail.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{IgnoreEntry, Note};

/// An entry that every jail ignores, also those that start later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EverywhereEntry {
    pub(crate) entry: IgnoreEntry,
    /// The reason, if one was given.
    pub(crate) note: Note,
    /// The last day on which it is ignored; `None` for no end.
    pub(crate) until: Option<Date>,
    /// The name of the account that added it.
    pub(crate) by: String,
    pub(crate) since: Timestamp,
    /// The account that removed it, as long as a jail may still ignore it.
    pub(crate) removed_by: Option<String>,
}

impl EverywhereEntry {
    /// Returns true if on the day `today` it is still to be ignored.
    pub(crate) fn holds(&self, today: Date) -> bool {
        self.removed_by.is_none() && self.until.is_none_or(|until| until >= today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_until_its_last_day_is_over_or_somebody_removes_it()
    -> Result<(), Box<dyn std::error::Error>> {
        let entry = EverywhereEntry {
            entry: "203.0.113.7".parse()?,
            note: Note::default(),
            until: Some("2026-12-01".parse()?),
            by: "ann".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            removed_by: None,
        };
        assert!(entry.holds("2026-12-01".parse()?) && !entry.holds("2026-12-02".parse()?));
        let endless = EverywhereEntry { until: None, ..entry };
        assert!(endless.holds("9999-12-31".parse()?));
        let removed = EverywhereEntry { removed_by: Some("bob".to_owned()), ..endless };
        assert!(!removed.holds("2026-12-01".parse()?));
        Ok(())
    }
}
