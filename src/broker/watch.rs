//! The state of the watch over the actions that a work runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::jail::JailName;
use crate::fail2ban::server_log::Mark;

/// The logs and jails that are watched.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The ends of the logs when the work began.
    pub(crate) marks: Vec<Mark>,
    /// A log that the daemon is going to make.
    pub(crate) new_log: Option<PathBuf>,
    /// The jails that the work is about.
    pub(crate) jails: Vec<JailName>,
    /// The jails that the work starts, with the number of bans that each had.
    pub(crate) started: BTreeMap<JailName, u64>,
}
