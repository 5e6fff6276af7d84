//! What an unban did, and which actions failed meanwhile.

use crate::domain::action_failure::ActionFailure;
use crate::domain::address::Banned;
use crate::domain::jail::JailName;

/// What an unban in one jail did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lifted {
    pub entries: Vec<Banned>,
    /// The actions that failed meanwhile.
    pub failures: Vec<ActionFailure>,
}

/// Tells the log which actions failed. Its words have no command, so no password either.
pub(crate) fn log_failures(jail: &JailName, failures: &[ActionFailure]) {
    for failure in failures {
        let address = failure.banned.as_ref().map(ToString::to_string);
        tracing::warn!(%jail, address, action = failure.action, cause = ?failure.cause, "action_failed");
    }
}
