//! Actions that fail2ban could not run. It bans and unbans all the same, and reports it only in its
//! log.

use serde::{Deserialize, Serialize};

use super::address::Banned;
use super::jail::JailName;

/// An action that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionFailure {
    /// The entry that it was run for; `None` where it was run for the jail as a whole.
    pub banned: Option<Banned>,
    pub action: String,
    /// The task that it should have done.
    pub task: ActionTask,
    pub cause: FailureCause,
}

/// The task of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionTask {
    /// Make the firewall ready, at the start of its jail.
    Start,
    /// Ban.
    Ban,
    /// Unban, or take away all that it made.
    Unban,
}

/// The actions of one jail that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailFailures {
    /// The jail.
    pub jail: JailName,
    /// The failures, in the order of the log.
    pub failures: Vec<ActionFailure>,
}

/// Cause of an action's failure, in text that can be shown. The command is never part of it, as it
/// may hold passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureCause {
    /// Its command failed.
    Command {
        end: CommandEnd,
        /// The first lines of its error output.
        errors: Vec<String>,
    },
    /// Known only from fail2ban's log: the action is written in Python.
    InLog,
}

/// The end of an action's command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandEnd {
    /// It could not be run.
    NotRun,
    /// It returned this status.
    Returned(String),
    /// It was killed with this signal.
    Killed(String),
    /// It took longer than this time.
    TimedOut(String),
}

/// The result of a ban or an unban.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BanChange {
    /// Number of entries that were newly banned or unbanned.
    pub count: u64,
    /// The actions that failed meanwhile, as far as fail2ban's log can be read. An empty list is no
    /// proof that all of them worked.
    pub failures: Vec<ActionFailure>,
}

/// The failures of one action that have the same cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailureGroup {
    pub action: String,
    /// The task that it should have done.
    pub(crate) task: ActionTask,
    pub cause: FailureCause,
    /// The entries that it failed for, in the order of the log; empty where it failed for the jail
    /// as a whole.
    pub banned: Vec<Banned>,
}

/// Groups the failures with the same cause, in the order of the log.
#[must_use]
pub fn grouped(failures: &[ActionFailure]) -> Vec<FailureGroup> {
    let mut groups: Vec<FailureGroup> = Vec::new();
    for failure in failures {
        let same = |group: &&mut FailureGroup| {
            group.action == failure.action
                && group.task == failure.task
                && group.cause == failure.cause
                && group.banned.is_empty() == failure.banned.is_none()
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.banned.extend(failure.banned.clone()),
            None => groups.push(FailureGroup {
                action: failure.action.clone(),
                task: failure.task,
                cause: failure.cause.clone(),
                banned: failure.banned.clone().into_iter().collect(),
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(banned: Option<&str>, action: &str, status: &str) -> ActionFailure {
        let end = CommandEnd::Returned(status.to_owned());
        ActionFailure {
            banned: banned.map(Banned::from_daemon),
            action: action.to_owned(),
            task: ActionTask::Ban,
            cause: FailureCause::Command { end, errors: Vec::new() },
        }
    }

    #[test]
    fn what_failed_in_the_same_way_is_one_group() {
        let failures = [
            failure(Some("203.0.113.1"), "a", "1"),
            failure(Some("203.0.113.1"), "b", "1"),
            failure(Some("203.0.113.2"), "a", "1"),
            failure(Some("203.0.113.3"), "a", "2"),
            failure(None, "a", "1"),
        ];
        let groups = grouped(&failures);
        let groups: Vec<_> = groups.iter().map(|group| (group.action.as_str(), group.banned.len())).collect();
        assert_eq!(groups, [("a", 2), ("b", 1), ("a", 1), ("a", 0)]);
    }
}
