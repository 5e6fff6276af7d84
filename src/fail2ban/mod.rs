//! Everything that knows the fail2ban daemon. Knows no HTTP and no database of ours.
//!
//! [`Handle`] is the seam: an async method for each typed operation, whose arguments and results are
//! types of [`crate::domain`]. Each is a [`crate::broker::Request`] that a [`crate::broker::Broker`] answers. Nothing
//! else of the wire leaves this module.

pub(crate) mod broker_error;
pub(crate) mod client_error;
pub mod client_program;
pub(crate) mod clock;
pub(crate) mod columns;
pub(crate) mod daemon;
pub(crate) mod database;
pub(crate) mod database_file;
pub(crate) mod error;
pub(crate) mod filter_settings;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub(crate) mod known_secrets;
pub mod mount;
#[cfg(test)]
mod odd_values;
pub mod pickle;
pub(crate) mod process;
pub(crate) mod protocol;
pub(crate) mod server_log;
pub(crate) mod socket;

pub(crate) use database::new_bans::{MOST_ROWS, NewBan, RowId};
pub(crate) use database::written::WrittenBans;
pub use error::Error;
pub(crate) use socket::connection::activation::is_held_by_systemd;
