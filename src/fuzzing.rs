//! The places where bytes from outside come in, for a fuzzer (`fuzz/`) and for the tests here, which run on
//! every seed. Not in ordinary builds. Each function takes any bytes, and panics if an invariant is broken.

pub use crate::broker::fuzzing::{broker_answer, broker_request};
pub use crate::fail2ban::fuzzing::{ban_line, pickle};
pub use crate::web::fuzzing::form_inputs;

#[cfg(test)]
mod tests;
