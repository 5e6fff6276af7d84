//! Jails that run and protect nothing.

use serde::{Deserialize, Serialize};

use super::jail::JailName;

/// What a jail that runs lacks to ban anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lack {
    /// No expression counts as a failure.
    Filter,
    /// It reads no log.
    Log,
    /// A ban runs no action.
    Action,
    /// One of these could not be read.
    Unread,
}

/// A jail that lacks something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LackingJail {
    /// The jail.
    pub jail: JailName,
    /// The first thing that it lacks.
    pub lack: Lack,
}
