//! The logs that a jail reads, and the programs that listen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::jail::JailName;

/// A log file of a jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// Its path.
    pub path: String,
    /// Its state.
    pub state: LogState,
}

/// The state of a log file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogState {
    /// It is a file that can be read.
    Written {
        /// Its size in bytes.
        size: u64,
        /// The time of the last change.
        last: Timestamp,
        /// The file beside it, as `auth.log.1`, that is written instead.
        instead: Option<String>,
    },
    /// It does not exist.
    Gone,
    /// It is a directory or a device.
    NoFile,
    /// The system refuses. Holds its words.
    Unreadable(String),
}

/// The logs of one jail. Empty where it reads the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailLogs {
    /// The jail.
    pub jail: JailName,
    /// Its files.
    pub files: Vec<LogFile>,
}

/// A program that waits for connections.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listener {
    /// The program, as the kernel names it: 15 characters at most.
    pub program: String,
    /// Its ports.
    pub ports: Vec<u16>,
}
