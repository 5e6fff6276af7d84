//! The connection to fail2ban's socket: opening it, framing.

pub(crate) mod connection;
pub(crate) mod framing;
