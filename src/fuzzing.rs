//! Where bytes from outside come in, for a fuzzer (`fuzz/`) and for the tests here that run on every
//! seed. In no ordinary build. Each function takes any bytes, and panics where something does not hold
//! that must.

pub use crate::broker::fuzzing::{broker_answer, broker_request};
pub use crate::fail2ban::fuzzing::{ban_line, pickle};
pub use crate::web::fuzzing::form_inputs;

#[cfg(test)]
mod tests;
