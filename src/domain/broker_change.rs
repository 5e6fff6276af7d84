//! Changes as the broker recorded them itself, whoever asked for them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::Display;

pub(crate) mod compare;

/// A change of fail2ban that a broker was asked for, or a look at its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerChange {
    /// Its number: the later, the higher.
    pub number: u64,
    /// The time when it was asked for.
    pub at: Timestamp,
    /// The number of the user whose process asked.
    pub user: Option<u32>,
    /// The number of that process.
    pub process: Option<i32>,
    /// The operation.
    pub operation: Operation,
    /// The jail; `None` for all of them, or the server.
    pub jail: Option<String>,
    /// Names in the request: addresses, entries, settings. Not all of them where there were too many.
    pub targets: Vec<String>,
    /// Number of targets that are left out of `targets`.
    pub more: usize,
    /// Outcome of the change.
    pub end: ChangeEnd,
}

/// An operation that changes something, or shows secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A ban.
    Ban,
    /// The end of bans.
    Unban,
    /// New entries of an ignore list.
    Ignore,
    /// The removal of an entry from an ignore list.
    Unignore,
    /// A jail ignores the machine's own addresses, or not.
    IgnoreSelf,
    /// A jail is made idle, or woken.
    Idle,
    /// The stop of a jail.
    Stop,
    /// A reload of one jail, or of all.
    Load,
    /// A restart of fail2ban.
    Restart,
    /// A setting of the server.
    Setting,
    /// fail2ban reopens its log.
    FlushLogs,
    /// The secrets of an action are read.
    Reveal,
}

/// Outcome of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeEnd {
    /// It is under way, or was when the broker ended.
    UnderWay,
    /// It was done.
    Done,
    /// It was refused or failed, in these words.
    NotDone(String),
}

/// The latest changes that a broker recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The time from which on there are all: the start of the broker, or the oldest that it still has in memory.
    pub since: Timestamp,
    /// The changes, the oldest first.
    pub changes: Vec<BrokerChange>,
    /// The file that has them for longer. `None` where only the log has.
    pub file: Option<String>,
    /// Reason why the file cannot be written.
    pub fault: Option<String>,
}
