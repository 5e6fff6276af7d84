//! Errors of a pickle.

use thiserror::Error;

/// Reason why a request was not written or a reply not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PickleError {
    /// An argument holds the end marker; nothing was encoded.
    #[error("an argument cannot be sent: {0:?}")]
    UnsafeArgument(String),
    /// The arguments could not be encoded.
    #[error("the request cannot be encoded: {0}")]
    Encode(String),
    /// The reply ends before its pickle does; all of it that is there was admissible.
    #[error("the reply ends too early")]
    Truncated,
    /// The reply holds an opcode that no pickle of these protocols has, or that refers to something outside.
    #[error("the reply holds opcode {opcode:#04x} at byte {position}")]
    Opcode {
        /// The opcode (`Lib/pickletools.py`).
        opcode: u8,
        /// The position, counted from 0.
        position: usize,
    },
    /// The reply is nested more deeply than any answer of fail2ban's.
    #[error("the reply is nested more than {0} deep")]
    TooDeep(usize),
    /// The reply is small but would take this much memory or more once read.
    #[error("the reply would take more than {0} bytes of memory")]
    TooHeavy(usize),
    /// The reply is no pickle that Python would write.
    #[error("the reply is malformed at byte {position}: {reason}")]
    Malformed {
        /// The reason.
        reason: &'static str,
        /// The position, counted from 0.
        position: usize,
    },
}
