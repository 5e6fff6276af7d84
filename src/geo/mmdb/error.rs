//! Errors of geo database files.

use std::io;

use maxminddb::MaxMindDbError;
use thiserror::Error;

/// The largest file that is read, in bytes. The largest that are handed out have some hundred million.
pub(crate) const LARGEST: u64 = 1 << 30;

/// Reason why a file cannot be used. Causes are in the words of whoever found them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MmdbError {
    /// The system does not hand it out.
    #[error("it cannot be read: {0}")]
    Io(String),
    /// It is a directory or a device.
    #[error("it is not a file")]
    NoFile,
    /// It is larger than any file of this kind.
    #[error("it has more than {LARGEST} bytes")]
    TooLarge,
    /// Somebody writes it just now.
    #[error("it changed while it was read")]
    Changing,
    /// It is not in the format, or not whole.
    #[error("it is not a complete file in MaxMind's format: {0}")]
    Format(String),
    /// It says that it was built at a time that does not exist.
    #[error("its build time is impossible")]
    BuildTime,
}

impl From<io::Error> for MmdbError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl From<MaxMindDbError> for MmdbError {
    fn from(error: MaxMindDbError) -> Self {
        Self::Format(error.to_string())
    }
}
