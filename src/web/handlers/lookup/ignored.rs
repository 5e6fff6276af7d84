//! What the look-up tells of entries that every jail ignores.

use crate::domain::ignore::{EverywhereEntry, IgnoreEntry, Listed};
use crate::jail_service::LookUp;
use crate::web::view::format;

use super::show::LookupPage;

impl LookupPage {
    /// The entry that a jail lists as `name`, if every jail ignores it.
    pub(super) fn everywhere_of(&self, name: &str) -> Option<&EverywhereEntry> {
        let listed = Listed::from_daemon(name.to_owned());
        self.everywhere.iter().find(|kept| listed.is(&kept.entry))
    }

    /// The entry of just what was asked for, if every jail ignores it.
    pub(super) fn everywhere_itself(&self, found: &LookUp) -> Option<&EverywhereEntry> {
        let entry = IgnoreEntry::Target(*found.asked.target()?);
        self.everywhere.iter().find(|kept| kept.entry == entry)
    }

    /// The entries that every jail ignores and that what was asked for is, or lies in. No jail's own list tells of them where
    /// none runs.
    pub(super) fn everywhere_around(&self, found: &LookUp) -> Vec<&EverywhereEntry> {
        let Some(asked) = found.asked.target().filter(|_| found.ignored.is_empty()) else {
            return Vec::new();
        };
        let is_around = |kept: &&EverywhereEntry| {
            kept.removed_by.is_none() && kept.entry.target().is_some_and(|target| target.covers(asked))
        };
        self.everywhere.iter().filter(is_around).collect()
    }

    /// The note and the end of an entry that has one.
    pub(super) fn note_and_end(kept: &EverywhereEntry) -> String {
        let note = (!kept.note.as_str().is_empty()).then(|| kept.note.to_string());
        let until = kept.until.map(|until| format!("until the end of {}", format::day(&until)));
        note.into_iter().chain(until).collect::<Vec<_>>().join(" · ")
    }
}
