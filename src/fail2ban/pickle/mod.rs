//! Bytes on fail2ban's wire and the values they mean.
//!
//! A request is a pickled list of strings, a reply a pickle of protocol 4 or 5
//! (`fail2ban/server/asyncserver.py`, `found_terminator`). serde-pickle does the decoding, but it is
//! not bounded: nothing reaches it that [`admission`] has not admitted and rewritten. A ban list, the only
//! long reply, is read by [`each_text`] instead.

pub(in crate::fail2ban) mod admission;
mod opcode;
pub(in crate::fail2ban) mod step;
mod texts;
mod value;

use serde::de::DeserializeOwned;
use serde_pickle::{DeOptions, SerOptions};
use thiserror::Error;

use crate::domain::text::ends_no_message;

pub(in crate::fail2ban) use texts::each_text;
pub use value::Value;

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
    /// The reply holds an opcode that fail2ban's replies have no use for.
    #[error("the reply holds opcode {name} at byte {position}")]
    Opcode {
        /// The name in Python's `pickletools`, or the byte in hexadecimal.
        name: String,
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
    /// The reply is a fine pickle of something else than what was expected.
    #[error("the reply has another shape: {0}")]
    Shape(String),
}

impl PickleError {
    pub(in crate::fail2ban) fn refused(opcode: u8, position: usize) -> Self {
        Self::Opcode { name: opcode::name(opcode), position }
    }
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

/// Reads a reply, given without its end marker, as `T`: a [`Value`], or a plain type such as
/// `(i64, Vec<String>)` where that is quicker.
///
/// Only [`Value`] knows a Python object (an exception) for what it is; a plain type that stands
/// where the reply has one is a [`PickleError::Shape`]. `builtins.str(x)` is the text `x` for both.
///
/// # Errors
/// Every [`PickleError`] that speaks of a reply.
pub fn decode<T: DeserializeOwned>(reply: &[u8]) -> Result<T, PickleError> {
    let admitted = admission::admit(reply)?;
    serde_pickle::from_slice(&admitted, DeOptions::new())
        .map_err(|error| PickleError::Shape(error.to_string()))
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
