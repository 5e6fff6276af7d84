//! Bytes on fail2ban's wire and the values they mean.
//!
//! A request is a pickled list of strings, a reply a pickle of protocol 4 or 5
//! (`fail2ban/server/asyncserver.py`, `found_terminator`). One bounded pass reads a reply as a [`Value`]:
//! serde-pickle, which writes the requests, sets no bounds to what it reads. A ban list, the only long
//! reply, is read by [`each_text`] instead.

mod graph;
mod integer;
mod opcode;
pub(in crate::fail2ban) mod step;
mod texts;
mod value;
mod walk;

use serde_pickle::SerOptions;
use thiserror::Error;

use crate::domain::text::ends_no_message;

pub(in crate::fail2ban) use texts::each_text;
pub use value::{Object, Value};

/// Why a request was not written or a reply not read.
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
        /// Counted from 0.
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
        /// What is wrong.
        reason: &'static str,
        /// Counted from 0.
        position: usize,
    },
}

/// A pickled list of strings, without the end marker.
///
/// # Errors
/// [`PickleError::UnsafeArgument`] when an argument would end the request early: the daemon would unpickle
/// what follows the marker as a request of its own.
pub fn encode(arguments: &[&str]) -> Result<Vec<u8>, PickleError> {
    if let Some(unsafe_argument) = arguments.iter().find(|text| !ends_no_message(text)) {
        return Err(PickleError::UnsafeArgument((*unsafe_argument).to_owned()));
    }
    serde_pickle::to_vec(&arguments, SerOptions::new())
        .map_err(|error| PickleError::Encode(error.to_string()))
}

/// Reads a reply, given without its end marker: everything that Python can pickle and that stays within
/// the bounds of depth and memory.
///
/// # Errors
/// Every [`PickleError`] that speaks of a reply.
pub fn decode(reply: &[u8]) -> Result<Value, PickleError> {
    walk::read(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_would_end_early_is_not_encoded() {
        for text in ["x<F2B_END_COMMAND>", "<F2B_END_COMMAND>", "a\n<F2B_END_COMMAND>\0b"] {
            let refused = encode(&["set", "sshd", text]);
            assert_eq!(refused, Err(PickleError::UnsafeArgument(text.to_owned())));
        }
    }
}
