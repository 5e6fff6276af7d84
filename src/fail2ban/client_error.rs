//! Errors of fail2ban-client.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::jail::JailName;

/// Reason why fail2ban-client did not do what it was asked to. The text is for the log and the
/// terminal; the page has words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ClientError {
    /// The program is not on this machine or not in `PATH`.
    #[error("{program} is not installed")]
    NotInstalled {
        /// Its name or path.
        program: String,
    },
    /// The system does not run the program.
    #[error("{program} cannot be run: {cause}")]
    CannotRun {
        /// Its name or path.
        program: String,
        /// The system's error.
        cause: String,
    },
    /// The configuration does not pass the test; nothing was changed.
    #[error("the configuration has errors: {output}")]
    ConfigurationRefused {
        /// The output of fail2ban.
        output: String,
    },
    /// The configuration has no such jail, or has it disabled; nothing was changed.
    #[error("the configuration enables no jail {0:?}")]
    UnknownJail(String),
    /// The configuration, the program and the running daemon do not belong together; nothing was changed.
    #[error(transparent)]
    Unfit(#[from] Misfit),
    /// The named test was not made here just before; nothing was changed.
    #[error("the configuration was not tested just before")]
    Untested,
    /// The daemon gave up in the middle.
    #[error("fail2ban stopped in the middle of it: {output}")]
    Interrupted {
        /// The output of fail2ban.
        output: String,
        /// Jails that ran before and could not be put back.
        gone: Vec<JailName>,
        /// Jails that run and are not as they were before.
        altered: Vec<JailName>,
    },
    /// It failed for another reason.
    #[error("{output}")]
    Failed {
        /// The output of the program.
        output: String,
    },
    /// The program ended well, and its answer does not have the expected form. Holds what is odd
    /// about it.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
    /// The program did not reach the daemon; nothing was changed. Holds Python's reason.
    #[error("could not find server: {0}")]
    Unreachable(String),
    /// There is no way to restart the daemon.
    #[error("the daemon cannot be restarted from here: {0:?}")]
    NoRestart(NoRestart),
    /// It was not done in time and was killed. The daemon may still be at work.
    #[error("it was not done within {0:?}")]
    Deadline(Duration),
}

/// Reason why the daemon cannot be restarted from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoRestart {
    /// It is the main process of its container.
    InContainer,
    /// It runs in the foreground under another program.
    InForeground,
    /// A daemon that is started here would belong to our own systemd unit, and end with it.
    OwnUnit,
    /// It cannot be reached.
    Unreachable,
    /// The system does not tell which process it is.
    UnknownProcess,
    /// The system does not let us look at its process.
    HiddenProcess,
    /// The command that is to restart it is empty.
    EmptyCommand,
}

/// Reason why the configuration, the program and the daemon do not belong together.
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
        /// The socket that the configuration names.
        configured: PathBuf,
        /// The socket that BanGUI uses.
        used: PathBuf,
    },
    /// The daemon keeps its bans elsewhere, and changes that only when it starts.
    #[error("the configuration names the database {}, and the daemon uses {}", or_none(.configured.as_ref()), or_none(.used.as_ref()))]
    Database {
        /// The database that the configuration names; `None` for no database.
        configured: Option<String>,
        /// The database that the daemon uses.
        used: Option<String>,
    },
    /// Other jails run than those that the configuration starts.
    #[error("the configuration starts none of the jails that run")]
    NoJailInCommon,
}

fn or_none(file: Option<&String>) -> &str {
    file.map_or("none", String::as_str)
}
