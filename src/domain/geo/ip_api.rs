//! Errors of ip-api.com.

use thiserror::Error;

/// The longest answer that is read, in bytes: some times what a hundred of the longest answers need.
pub(crate) const LONGEST_ANSWER: usize = 256 * 1024;

/// Reason why a whole batch failed. Causes are in the words of whoever found them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BatchError {
    /// It did not answer in time.
    #[error("it did not answer in time: {0}")]
    Late(String),
    /// It cannot be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke off.
    #[error("the connection to it broke off: {0}")]
    BrokenOff(String),
    /// Too many batches were sent.
    #[error("it refused, because too many requests came from here (429)")]
    TooMany,
    /// Any other status.
    #[error("it answered with status {0}")]
    Status(u16),
    /// More than any answer needs.
    #[error("its answer was longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    /// No list of answers.
    #[error("its answer could not be read: {0}")]
    Unreadable(String),
    /// A list, but not one usable answer for what was asked.
    #[error("its answer was not about what it was asked")]
    Nonsense,
}
