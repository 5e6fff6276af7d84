//! Why fail2ban-client did not do what was asked.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::jail::JailName;

/// Why fail2ban-client did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ClientError {
    /// The program is not on this machine or not in `PATH`.
    #[error("{program} is not installed")]
    NotInstalled {
        /// Its name or path.
        program: String,
    },
    /// The configuration does not pass the test; nothing was changed.
    #[error("the configuration has errors: {words}")]
    ConfigurationRefused {
        /// fail2ban's own words.
        words: String,
    },
    /// The configuration has no such jail, or has it disabled; nothing was changed.
    #[error("the configuration enables no jail {0:?}")]
    UnknownJail(String),
    /// The configuration, the program and the running daemon do not belong together; nothing was changed.
    #[error(transparent)]
    Unfit(#[from] Misfit),
    /// The test that was named was not made here just before; nothing was changed.
    #[error("the configuration was not tested just before")]
    Untested,
    /// The daemon gave up in the middle.
    #[error("fail2ban stopped in the middle of it: {words}")]
    Interrupted {
        /// fail2ban's own words.
        words: String,
        /// Jails that ran before and could not be put back.
        gone: Vec<JailName>,
        /// Jails that run and are not as they were before.
        altered: Vec<JailName>,
    },
    /// It failed for another reason.
    #[error("{words}")]
    Failed {
        /// The program's own words.
        words: String,
    },
    /// It was not done in time and was killed. The daemon may still be at work.
    #[error("it was not done within {0:?}")]
    Deadline(Duration),
}

/// What does not belong together.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Misfit {
    /// The program makes the commands of one version, and the daemon reads those of another.
    #[error("fail2ban-client is {program}, and the daemon that runs is {daemon}")]
    Versions {
        /// The version of the program.
        program: String,
        /// The version of the daemon.
        daemon: String,
    },
    /// The configuration is of a daemon with another socket.
    #[error("the configuration names the socket {}, and BanGUI uses {}", .configured.display(), .used.display())]
    Socket {
        /// What the configuration says.
        configured: PathBuf,
        /// Where the daemon was asked.
        used: PathBuf,
    },
    /// The daemon keeps its bans elsewhere, and changes that only when it starts.
    #[error("the configuration names the database {}, and the daemon uses {}", or_none(.configured.as_ref()), or_none(.used.as_ref()))]
    Database {
        /// What the configuration says; `None` for no database.
        configured: Option<String>,
        /// What the daemon uses.
        used: Option<String>,
    },
    /// Other jails run than those that the configuration starts.
    #[error("the configuration starts none of the jails that run")]
    NoJailInCommon,
}

fn or_none(file: Option<&String>) -> &str {
    file.map_or("none", String::as_str)
}
