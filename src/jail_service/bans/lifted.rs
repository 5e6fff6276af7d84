//! Result of an unban, and the actions that failed meanwhile.

use crate::domain::action_failure::ActionFailure;
use crate::domain::address::Banned;
use crate::domain::jail::JailName;

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

/// Tells the log which actions failed. Its words have no command, so no password either.
pub(crate) fn log_failures(jail: &JailName, failures: &[ActionFailure]) {
    for failure in failures {
        let address = failure.banned.as_ref().map(ToString::to_string);
        tracing::warn!(%jail, address, action = failure.action, cause = ?failure.cause, "action_failed");
    }
}
