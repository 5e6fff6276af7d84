//! Kept ignore entries in a reload. fail2ban forgets them, and they are put back right afterwards,
//! so they are neither a change nor a loss: they are left out of the state that runs and of the one
//! that the files ask for alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{Expected, LiveState, Texts};
use crate::domain::ignore::{IgnoreEntry, Listed, NotInForce, NotInForceCause};
use crate::domain::jail::JailName;

/// The entries that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptIgnores {
    by_jail: BTreeMap<JailName, Vec<IgnoreEntry>>,
    /// Entries that are kept in every jail.
    everywhere: Vec<IgnoreEntry>,
}

impl FromIterator<(JailName, IgnoreEntry)> for KeptIgnores {
    fn from_iter<I: IntoIterator<Item = (JailName, IgnoreEntry)>>(entries: I) -> Self {
        let mut by_jail: BTreeMap<JailName, Vec<IgnoreEntry>> = BTreeMap::new();
        for (jail, entry) in entries {
            by_jail.entry(jail).or_default().push(entry);
        }
        Self { by_jail, everywhere: Vec::new() }
    }
}

impl KeptIgnores {
    /// The same with entries that are kept in every jail.
    #[must_use]
    pub(crate) fn and_everywhere(self, everywhere: Vec<IgnoreEntry>) -> Self {
        Self { everywhere, ..self }
    }

    /// The entries that are kept in `jail`.
    fn of<'a>(&'a self, jail: &JailName) -> impl Iterator<Item = &'a IgnoreEntry> {
        let own = self.by_jail.get(jail).map(Vec::as_slice).unwrap_or_default();
        own.iter().chain(self.everywhere.iter().filter(|entry| !own.contains(entry)))
    }

    /// Removes the kept entries from the state that runs.
    #[must_use]
    pub(crate) fn off_live(&self, mut live: LiveState) -> LiveState {
        for (name, jail) in &mut live.jails {
            if let Some(Ok(listed)) = jail.settings.get_mut("ignoreip") {
                self.take_off(listed, name);
            }
        }
        live
    }

    /// Removes the kept entries from the state that the files ask for.
    #[must_use]
    pub(crate) fn off_expected(&self, mut expected: Expected) -> Expected {
        for jail in &mut expected.jails {
            if let Some(listed) = jail.settings.get_mut("ignoreip") {
                self.take_off(listed, &jail.name);
            }
        }
        expected
    }

    /// Returns the kept entries that `jail` will be without, as fail2ban takes no entry beside
    /// those of its files, where it has them now or is only started.
    #[must_use]
    pub(crate) fn not_in_force(
        &self,
        jail: &JailName,
        live: &LiveState,
        expected: &Expected,
    ) -> Option<NotInForce> {
        let wanted = expected.jail(jail).filter(|wanted| !wanted.takes_ignores)?;
        let of_files = wanted.settings.get("ignoreip").map(Vec::as_slice).unwrap_or_default();
        let is_now =
            |entry: &IgnoreEntry| match live.jails.get(jail).map(|jail| jail.settings.get("ignoreip")) {
                Some(Some(Ok(listed))) => is_in(listed, entry),
                Some(Some(Err(_)) | None) => false,
                None => true,
            };
        let is_lost = |entry: &&IgnoreEntry| !is_in(of_files, entry) && is_now(entry);
        let entries: Vec<IgnoreEntry> = self.of(jail).filter(is_lost).cloned().collect();
        let cause = NotInForceCause::BesideFile { version: expected.version.clone() };
        (!entries.is_empty()).then_some(NotInForce { entries, cause })
    }

    fn take_off(&self, listed: &mut Texts, jail: &JailName) {
        listed.retain(|text| !self.of(jail).any(|entry| is_in(std::slice::from_ref(text), entry)));
    }
}

fn is_in(listed: &[String], entry: &IgnoreEntry) -> bool {
    listed.iter().any(|text| Listed::from_daemon(text.clone()).is(entry))
}
