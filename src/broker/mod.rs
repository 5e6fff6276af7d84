//! Everything that touches fail2ban (its socket, its client program, its database), behind requests
//! that carry no command.
//!
//! [`Broker`] answers them; [`Handle`] asks, in the same process or over a stream that [`serve`]
//! serves. Whoever may write to fail2ban's socket is root, so the web server need not be that
//! process.

pub(crate) mod ask;
pub(crate) mod change_log;
pub(crate) mod client;
pub(crate) mod few_lines;
pub(crate) mod filter_trial;
pub(crate) mod frames;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub(crate) mod guarded;
pub(crate) mod handle;
pub(crate) mod held;
pub(crate) mod kind;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod memory_limit;
pub(crate) mod operations;
pub(crate) mod places;
pub(crate) mod planned;
#[cfg(test)]
mod properties;
pub(crate) mod put_back;
pub(crate) mod reload;
pub(crate) mod safe_directory;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod socket_file;
pub(crate) mod stream;
pub(crate) mod tested_configs;
#[cfg(test)]
mod tests;
pub(crate) mod version;
pub(crate) mod watch;
pub(crate) mod watch_actions;

pub use change_log::file::ChangeFile;
pub use change_log::{ChangeLog, Peer};
pub use service::Broker;

pub use handle::Handle;
pub use listener::Listener;
pub use operations::{Reply, Request};
pub use safe_directory::UnsafeDirectory;
pub use serve::serve;
pub use socket_file::SocketError;
pub use tested_configs::Token;
