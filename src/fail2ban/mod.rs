//! Everything that knows the fail2ban daemon. Knows no HTTP and no database of ours.
//!
//! [`Handle`] is the seam: an async method for each typed operation, whose arguments and results are
//! types of [`crate::domain`]. Each is a [`broker::Request`] that a [`broker::Broker`] answers. Nothing
//! else of the wire leaves this module.

mod actions;
mod bans;
pub mod broker;
pub mod client_program;
mod clock;
mod columns;
mod command;
mod connection;
mod daemon;
mod database;
mod detail;
mod error;
mod evidence;
mod figures;
mod framing;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod ignore_list;
mod jail_list;
mod jail_state;
mod known_secrets;
mod lookup;
pub mod mount;
mod new_bans;
#[cfg(test)]
mod odd_values;
pub mod pickle;
pub mod restart;
mod server;
mod server_log;
mod setting;
mod state;
mod unban;
mod values;

pub use broker::{BrokerError, Handle};
pub use connection::is_held_by_systemd;
use daemon::Daemon;
pub use error::Error;
pub use new_bans::{MOST_ROWS, NewBan, RowId};
