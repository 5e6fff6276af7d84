//! Errors between us and the daemon.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::lookup::NoHistory;

use super::broker_error::BrokerError;
use super::client_error::ClientError;
use super::known_secrets::KnownSecrets;
use super::mount;
use super::mount::FileMount;
use super::pickle::error::PickleError;

/// Reason why the daemon gave no answer, or not the one that was asked for. The text is for the
/// log; the page has words of its own.
#[derive(Debug, Clone, Error, Serialize, Deserialize)]
pub enum Error {
    /// There is no socket: fail2ban is not running, or its socket is elsewhere.
    #[error("there is no socket at {0}")]
    SocketMissing(PathBuf),
    /// The socket is there but nobody listens: fail2ban has died.
    #[error("nobody listens on {0}")]
    NotRunning(PathBuf),
    /// fail2ban is stopped, and systemd would start it if the socket were opened.
    #[error("fail2ban is stopped, and opening {0} would start it")]
    WouldStart(PathBuf),
    /// Nobody listens, because the socket is mounted as a file and its fail2ban has made a new one since.
    #[error("{0} is a mount of a socket that is gone")]
    MountedSocketGone(PathBuf),
    /// This program's user may not open the socket.
    #[error("permission denied on {0}")]
    PermissionDenied(PathBuf),
    /// The socket could not be opened for another reason.
    #[error("cannot connect to {path}: {cause}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// The system's error.
        cause: String,
    },
    /// The daemon did not answer in time, or takes no connection because it is busy. A change that
    /// was asked for may still happen.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The connection ended before the answer did. A change that was asked for may have happened.
    #[error("the connection was cut before the answer was complete: {0}")]
    CutOff(String),
    /// The bytes that came are not an answer of fail2ban's.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
    /// There is no such jail (any more).
    #[error("there is no jail {0:?}")]
    UnknownJail(String),
    /// fail2ban understood and refused. Holds its exception's class and words.
    #[error("fail2ban refused: {class}: {message}")]
    Refused {
        /// The class of the Python exception, as `ValueError`.
        class: String,
        /// Its text.
        message: String,
    },
    /// The request was not sent: an argument would have ended it early.
    #[error("an argument cannot be sent: {0:?}")]
    UnsafeArgument(String),
    /// fail2ban-client did not do it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// fail2ban's database cannot be read.
    #[error(transparent)]
    Database(#[from] NoHistory),
    /// The broker could not be asked, where there is one. The last of all: serde counts on from a variant
    /// that it skips where it writes, and not where it reads.
    #[serde(skip)]
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

impl Error {
    /// Returns true if the daemon as a whole could not be asked; false if it could not answer one
    /// question.
    #[must_use]
    pub(crate) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::SocketMissing(_)
            | Self::NotRunning(_)
            | Self::WouldStart(_)
            | Self::MountedSocketGone(_)
            | Self::PermissionDenied(_)
            | Self::Connect { .. }
            | Self::Deadline(_)
            | Self::CutOff(_) => true,
            Self::Broker(error) => error.is_of_the_connection(),
            Self::Unreadable(_)
            | Self::UnknownJail(_)
            | Self::Refused { .. }
            | Self::UnsafeArgument(_)
            | Self::Client(_)
            | Self::Database(_) => false,
        }
    }

    /// Returns true if the daemon does not run, as far as can be told: where it hangs, or may not be asked, it does.
    #[must_use]
    pub(crate) fn is_not_running(&self) -> bool {
        matches!(self, Self::SocketMissing(_) | Self::NotRunning(_) | Self::WouldStart(_))
    }

    /// Returns the same error without any secret in fail2ban's words.
    pub(crate) fn masked(self, secrets: &KnownSecrets) -> Self {
        match self {
            Self::Refused { class, message } => Self::Refused { class, message: secrets.mask(&message) },
            Self::Unreadable(what) => Self::Unreadable(secrets.mask(&what)),
            other => other,
        }
    }

    /// Makes the error for a failure to open `path`.
    pub(crate) fn from_connect(path: &std::path::Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::SocketMissing(path),
            io::ErrorKind::ConnectionRefused if mount::file_mount_at(&path) == FileMount::Removed => {
                Self::MountedSocketGone(path)
            }
            io::ErrorKind::ConnectionRefused => Self::NotRunning(path),
            io::ErrorKind::PermissionDenied => Self::PermissionDenied(path),
            _ => Self::Connect { path, cause: error.to_string() },
        }
    }
}

/// Returns the answer; `None` where fail2ban's database cannot be read.
pub(crate) fn if_readable<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(read) => Ok(Some(read)),
        Err(Error::Database(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<PickleError> for Error {
    fn from(error: PickleError) -> Self {
        match error {
            PickleError::UnsafeArgument(argument) => Self::UnsafeArgument(argument),
            other => Self::Unreadable(other.to_string()),
        }
    }
}
