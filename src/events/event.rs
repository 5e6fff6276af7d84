//! The events.

use std::net::IpAddr;

use thiserror::Error;

use crate::domain::account::AccountName;
use crate::domain::action_failure::ActionFailure;
use crate::domain::address::{Banned, Target};
use crate::domain::geo::ip_api::BatchError;
use crate::domain::ignore::{IgnoreEntry, NotInForce};
use crate::domain::jail::JailName;
use crate::domain::protection::Worse;
use crate::domain::server::{LogFlush, ServerChange};
use crate::fail2ban;
use crate::storage::StorageError;

use super::bulk::Report;
use super::job::{Job, JobOutcome};

/// Something that happened. `by` is the name of the account that asked for it.
#[derive(Debug)]
pub(crate) enum Event {
    Banned { jail: JailName, targets: Vec<Target>, newly: u64 },
    Unbanned { jail: JailName, entries: Vec<Banned> },
    // In one jail, in the course of an unban of many.
    BansLifted { jail: JailName, count: usize },
    // After an `Unbanned` of each of the jails.
    UnbannedEverywhere { name: String, jails: Vec<JailName> },
    BulkUnbanEnded { by: String, is_all: bool, report: Report },
    // What BanGUI did by itself about bans with an end of their own.
    TimedBans { jail: JailName, targets: Vec<Target>, change: TimedChange },
    ActionsFailed { jail: JailName, failures: Vec<ActionFailure> },
    JobEnded { by: Option<String>, job: Job, outcome: JobOutcome },
    JailStopped(JailName),
    IdleSet { jail: JailName, on: bool },
    // BanGUI no longer has every jail ignore it: its last day is over, or `by` removed it before. It stays in some
    // jails for another reason.
    EverywhereEnded { entry: IgnoreEntry, by: Option<String>, gone: Vec<JailName>, stays: Vec<JailName> },
    IgnoreListChanged { jail: JailName, change: IgnoreChange, by: Option<String> },
    ServerChanged(ServerChange),
    LogsFlushed(LogFlush),
    LookedUp { asked: Banned, bans: usize },
    FirstAccountMade(AccountName),
    LoggedIn { from: IpAddr, account: AccountName },
    // Whose name was typed, if it is anybody's: anything else may be a password in the wrong field.
    LoginFailed { from: IpAddr, name: Option<AccountName> },
    GeoFailuresRetried { by: String, asked: usize, left: usize, forgotten: usize },
    IpApiLost(IpApiFault),
    IpApiBack,
    // fail2ban, or the broker in front of it.
    DaemonLost(fail2ban::Error),
    DaemonBack,
    // At a look at whether the jails protect: less than at the look before.
    ProtectionWorse(Worse),
}

/// A change of an ignore list. A `String` is the entry as somebody wrote it.
#[derive(Debug)]
pub(crate) enum IgnoreChange {
    Added(IgnoreEntry),
    Kept(IgnoreEntry),
    /// fail2ban had forgotten this kept entry.
    PutBack(IgnoreEntry),
    /// The jail lacked these entries, which every jail ignores.
    PutInAll(Vec<IgnoreEntry>),
    /// The last day of this kept entry is over.
    Expired(IgnoreEntry),
    Removed(String),
    KeptNoMore(String),
    /// True if the machine's own addresses are ignored now.
    SelfSet(bool),
    NotInForce(NotInForce),
}

/// A change of bans with an end of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimedChange {
    /// fail2ban holds them for as long as the jail bans from now on.
    Prolonged,
    /// They were gone before their time, and were made again.
    BannedAgain,
    /// Their time is over.
    Ended,
    /// Somebody lifted them elsewhere.
    Forgotten,
}

/// Reason why ip-api.com tells nothing.
#[derive(Debug, Error)]
pub(crate) enum IpApiFault {
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Its answers cannot be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
