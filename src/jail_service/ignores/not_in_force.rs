//! Kept entries that fail2ban did not take. Each refusal is an error in its log, so it is asked again only when
//! something has changed.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::domain::ignore::{IgnoreEntry, Listed, NotInForce, NotInForceCause};
use crate::domain::jail::JailName;
use crate::events::IgnoreChange;
use crate::fail2ban;
use crate::jail_service::not_taken::Refusal;
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

impl JailService {
    /// Kept entries that are not in force, by jail, as far as they were asked for.
    pub(crate) fn not_in_force(&self) -> BTreeMap<JailName, NotInForce> {
        let generation = self.daemon.generation();
        let jails = self.not_taken.0.lock();
        let known = jails.iter().filter(|(_, refusal)| refusal.generation == generation);
        known.map(|(jail, refusal)| (jail.clone(), refusal.found.clone())).collect()
    }

    /// Returns why the daemon did not take the `missing` entries when the list of `jail` was the
    /// same; `None` where no such refusal is known.
    pub(crate) fn was_not_taken(
        &self,
        jail: &JailName,
        listed: &[Listed],
        missing: &[IgnoreEntry],
    ) -> Option<NotInForce> {
        let jails = self.not_taken.0.lock();
        let known = jails.get(jail).filter(|known| known.generation == self.daemon.generation())?;
        let is_same = known.holds() && known.list == sorted(listed) && known.found.entries == missing;
        is_same.then(|| known.found.clone())
    }

    /// Remembers that the daemon did not take `found` beside what was `listed` in `jail`.
    pub(crate) async fn note_not_taken(
        &self,
        jail: &JailName,
        listed: &[Listed],
        found: NotInForce,
    ) -> NotInForce {
        self.publish_ignore(jail, IgnoreChange::NotInForce(found.clone()), None).await;
        let refusal = Refusal {
            generation: self.daemon.generation(),
            list: sorted(listed),
            found: found.clone(),
            at: Instant::now(),
        };
        self.not_taken.0.lock().insert(jail.clone(), refusal);
        found
    }

    /// Returns why the daemon refused an entry while these were `listed`; `None` where it did not
    /// refuse it.
    pub(crate) async fn refused_entry(
        &self,
        listed: &[Listed],
        error: &fail2ban::Error,
    ) -> Option<NotInForceCause> {
        let fail2ban::Error::Refused { class, message } = error else { return None };
        let is_beside_file =
            class.ends_with("TypeError") && listed.iter().any(|entry| matches!(entry, Listed::File(_)));
        if is_beside_file && let Ok(version) = self.version(MaxAge::of_this_minute()).await {
            return Some(NotInForceCause::BesideFile { version });
        }
        Some(NotInForceCause::Refused(message.clone()))
    }
}

/// The daemon lists single addresses in another order each time.
fn sorted(listed: &[Listed]) -> Vec<String> {
    let mut list: Vec<String> = listed.iter().map(ToString::to_string).collect();
    list.sort_unstable();
    list
}
