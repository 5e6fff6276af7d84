//! Errors between us and the broker.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Reason why the broker gave no answer. The text is for the log; the page has words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokerError {
    /// There is no socket, or nobody listens on it.
    #[error("no broker listens on {0}")]
    NotThere(PathBuf),
    /// This program's user may not open the socket.
    #[error("permission denied on the broker's socket {0}")]
    Denied(PathBuf),
    /// The socket could not be opened for another reason.
    #[error("cannot connect to the broker at {path}: {cause}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// The system's error.
        cause: String,
    },
    /// It took the connection and hung up: it admits another user, or has its hands full.
    #[error("the broker hung up at once")]
    HungUp,
    /// It speaks another version of our protocol, or none.
    #[error("what listens there does not speak our protocol: {0}")]
    OtherVersion(String),
    /// It did not answer in time. A change that was asked for may still happen.
    #[error("no answer from the broker within {0:?}")]
    Silent(Duration),
    /// The connection ended before the answer did. A change that was asked for may have happened.
    #[error("the connection to the broker was cut before the answer was complete: {0}")]
    CutOff(String),
    /// The bytes that came are not the answer. A change that was asked for may have happened.
    #[error("unreadable answer of the broker: {0}")]
    Unreadable(String),
    /// The request is longer than the broker reads, and was not sent.
    #[error("the request is too long for the broker: {0} bytes")]
    TooLong(usize),
}

impl BrokerError {
    /// Returns true if the broker as a whole could not be asked, rather than this one thing.
    #[must_use]
    pub(crate) fn is_of_the_connection(&self) -> bool {
        !matches!(self, Self::TooLong(_))
    }
}
