//! The end of an unban of many.

use crate::domain::action_failure::{ActionFailure, FailureCause, FailureGroup, grouped};
use crate::domain::address::Banned;
use crate::domain::jail::JailName;

/// Most bans for which an unban can be undone: they are banned again in one go.
pub(crate) const MOST_UNDONE: usize = 200;
/// Most entries that are named for each failure.
const NAMED: usize = 20;

/// Bans of one jail that were not lifted, all for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotLifted {
    pub jail: JailName,
    pub number: usize,
    pub some: Vec<Banned>,
    pub reason: NotLiftedReason,
}

/// Reason why a ban was not lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotLiftedReason {
    /// fail2ban refused, in these words.
    Refused(String),
    /// The jail has been stopped, and fail2ban lifts its bans when it stops.
    JailStopped,
    /// fail2ban did not answer, so it is not known which of them are still banned.
    Unanswered,
    /// It was not tried, because fail2ban did not answer before.
    NotTried,
    /// The entry holds characters that would break fail2ban's protocol.
    Unsendable,
    /// fail2ban was told to lift it, and still has it.
    StillHeld,
    /// Our own database could not be written: a timed ban would be made again.
    Unwritten,
}

/// Actions of one jail that failed in the same way for bans that were lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionsFailed {
    pub jail: JailName,
    pub action: String,
    pub cause: FailureCause,
    /// Number of the bans for which they failed.
    pub number: usize,
    pub some: Vec<Banned>,
}

/// Result of an unban of many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Report {
    pub lifted: Vec<(JailName, usize)>,
    /// Number of bans that had ended before their turn came.
    pub gone: usize,
    pub failed: Vec<NotLifted>,
    /// Actions that failed, so that lifted entries may still be blocked.
    pub(crate) actions_failed: Vec<ActionsFailed>,
    /// Bans that were lifted; empty where they are more than [`MOST_UNDONE`].
    pub(crate) undo: Vec<(JailName, Banned)>,
    /// The jails that would count it if that were banned again.
    pub(crate) counted_by: Vec<JailName>,
    /// True if our database could not be written after an unban of all: bans with an end of their own in jails that do not
    /// run would come back with their jails.
    pub(crate) keeps_timed: bool,
}

impl Report {
    /// Returns true if all of it worked, as far as is known.
    #[must_use]
    pub(crate) fn is_well(&self) -> bool {
        self.failed.is_empty() && self.actions_failed.is_empty() && !self.keeps_timed
    }

    /// Returns the number of lifted bans.
    #[must_use]
    pub(crate) fn number_lifted(&self) -> usize {
        self.lifted.iter().map(|(_, number)| number).sum()
    }

    pub(crate) fn add_lifted(&mut self, jail: &JailName, bans: &[Banned], number: usize) {
        match self.lifted.iter_mut().find(|(known, _)| known == jail) {
            Some((_, known)) => *known += number,
            None if number > 0 => self.lifted.push((jail.clone(), number)),
            None => {}
        }
        if self.number_lifted() > MOST_UNDONE {
            self.undo.clear();
        } else {
            self.undo.extend(bans.iter().map(|banned| (jail.clone(), banned.clone())));
        }
    }

    pub(crate) fn add_failed(&mut self, jail: &JailName, bans: &[Banned], reason: NotLiftedReason) {
        if bans.is_empty() {
            return;
        }
        let some = bans.iter().take(NAMED).cloned().collect();
        self.failed.push(NotLifted { jail: jail.clone(), number: bans.len(), some, reason });
    }

    /// Adds `failures` of actions in `jail` to those that are known.
    pub(crate) fn add_failures(&mut self, jail: &JailName, failures: &[ActionFailure]) {
        for group in grouped(failures) {
            let same = |known: &&mut ActionsFailed| {
                known.jail == *jail && known.action == group.action && known.cause == group.cause
            };
            let number = group.banned.len();
            if let Some(known) = self.actions_failed.iter_mut().find(same) {
                known.number += number;
                let free = NAMED.saturating_sub(known.some.len());
                known.some.extend(group.banned.into_iter().take(free));
            } else {
                let FailureGroup { action, cause, banned, .. } = group;
                let named = banned.into_iter().take(NAMED).collect();
                self.actions_failed.push(ActionsFailed {
                    jail: jail.clone(),
                    action,
                    cause,
                    number,
                    some: named,
                });
            }
        }
    }
}
