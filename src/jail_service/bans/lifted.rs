//! Result of an unban, and the actions that failed meanwhile.

use crate::domain::action_failure::ActionFailure;
use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::events::Event;
use crate::jail_service::service::JailService;

/// Result of an unban in one jail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lifted {
    pub entries: Vec<Banned>,
    /// Entries that are still banned, although fail2ban was told to lift them.
    pub(crate) still_banned: Vec<Banned>,
    /// The actions that failed meanwhile.
    pub failures: Vec<ActionFailure>,
}

impl Lifted {
    /// This, and what was done next for what it left.
    pub(super) fn followed_by(mut self, next: Self) -> Self {
        let Self { entries, still_banned, failures } = next;
        let is_new = |entry: &Banned| !self.entries.contains(entry);
        let new: Vec<Banned> = entries.into_iter().filter(is_new).collect();
        self.entries.extend(new);
        self.entries.retain(|entry| !still_banned.contains(entry));
        self.still_banned.extend(still_banned);
        self.failures.extend(failures);
        self
    }
}

impl JailService {
    /// Publishes which actions of `jail` failed, if any did.
    pub(crate) async fn publish_failures(&self, jail: &JailName, failures: &[ActionFailure]) {
        if !failures.is_empty() {
            let (jail, failures) = (jail.clone(), failures.to_vec());
            self.events.publish(Event::ActionsFailed { jail, failures }).await;
        }
    }
}
