//! Bytes on fail2ban's wire and the values they mean.
//!
//! A request is a pickled list of strings, a reply a pickle of protocol 4 or 5
//! (`fail2ban/server/asyncserver.py`, `found_terminator`). One bounded pass reads a reply as a [`Value`]:
//! serde-pickle, which writes the requests, sets no bounds to what it reads. A ban list, the only long
//! reply, is read by [`texts::each_text`] instead.

pub(crate) mod error;
pub(crate) mod graph;
pub(crate) mod integer;
pub(crate) mod opcode;
pub(crate) mod step;
pub(crate) mod texts;
pub(crate) mod value;
pub(crate) mod walk;

use serde_pickle::SerOptions;

use crate::domain::text::ends_no_message;

pub use value::{Object, Value};

pub use error::PickleError;

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

/// Reads a reply, given without its end marker: everything that Python can pickle and that stays
/// within the bounds of depth and memory.
///
/// # Errors
/// Every [`PickleError`] that speaks of a reply.
pub fn decode(reply: &[u8]) -> Result<Value, PickleError> {
    walk::read_value(reply)
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
