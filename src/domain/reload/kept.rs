//! Kept ignore entries in a reload. fail2ban forgets them, and they are put back right afterwards,
//! so they are neither a change nor a loss: they are left out of the state that runs and of the one
//! that the files ask for alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{Expected, LiveState, Texts};
use crate::domain::ignore::{IgnoreEntry, Listed, NotInForce, NotInForceCause};
use crate::domain::jail::JailName;

/// The entries that are kept, by jail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptIgnores(BTreeMap<JailName, Vec<IgnoreEntry>>);

impl FromIterator<(JailName, IgnoreEntry)> for KeptIgnores {
    fn from_iter<I: IntoIterator<Item = (JailName, IgnoreEntry)>>(entries: I) -> Self {
        let mut kept: BTreeMap<JailName, Vec<IgnoreEntry>> = BTreeMap::new();
        for (jail, entry) in entries {
            kept.entry(jail).or_default().push(entry);
        }
        Self(kept)
    }
}

impl KeptIgnores {
    /// Removes the kept entries from the state that runs.
    #[must_use]
    pub(crate) fn off_live(&self, mut live: LiveState) -> LiveState {
        for (jail, kept) in &self.0 {
            let settings = live.jails.get_mut(jail).map(|jail| &mut jail.settings);
            if let Some(Ok(listed)) = settings.and_then(|settings| settings.get_mut("ignoreip")) {
                take_off(listed, kept);
            }
        }
        live
    }

    /// Removes the kept entries from the state that the files ask for.
    #[must_use]
    pub(crate) fn off_expected(&self, mut expected: Expected) -> Expected {
        for jail in &mut expected.jails {
            if let (Some(kept), Some(listed)) = (self.0.get(&jail.name), jail.settings.get_mut("ignoreip")) {
                take_off(listed, kept);
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
        let entries: Vec<IgnoreEntry> = self.0.get(jail)?.iter().filter(is_lost).cloned().collect();
        let cause = NotInForceCause::BesideFile { version: expected.version.clone() };
        (!entries.is_empty()).then_some(NotInForce { entries, cause })
    }
}

fn take_off(listed: &mut Texts, kept: &[IgnoreEntry]) {
    listed.retain(|text| !kept.iter().any(|entry| is_in(std::slice::from_ref(text), entry)));
}

fn is_in(listed: &[String], entry: &IgnoreEntry) -> bool {
    listed.iter().any(|text| Listed::from_daemon(text.clone()).is(entry))
}
