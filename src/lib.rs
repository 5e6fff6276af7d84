//! BanGUI: the web interface for fail2ban.
//!
//! # The crate map
//! Imports run one way, from the bottom of this list to its top (`tests/architecture/mod.rs` keeps it so):
//!
//! - `memory`, `mutex`, `file_stamp`, `service_manager`: room for much at once; a lock that no panic poisons; whether a
//!   file has changed; what systemd is told.
//! - [`domain`]: pure types and rules. No I/O, no HTTP, no SQL.
//! - [`fail2ban`]: everything that knows the daemon: its wire, its commands, its client program, its
//!   database.
//! - [`storage`]: our own SQLite database, one file of queries for each table.
//! - [`audit`]: who did what, and how it ended.
//! - `history`: BanGUI's own record of bans.
//! - `events`: what happened, in one stream, for the log and the audit.
//! - [`broker`]: the operations on fail2ban that the rest may ask for, in this process or in one of its own.
//! - [`geo`]: where an address is: providers, and the cache of what those on the network told.
//! - [`accounts`]: passwords, the first account, sessions.
//! - [`jail_service`]: what a person does with jails. Handlers call this and nothing below it.
//! - [`web`]: URLs, handlers, templates, errors as pages.
//! - [`demo`]: a private fail2ban with sample logs, for `bangui demo` and for the tests.
//! - [`config`], [`cli`]: settings and subcommands.

pub mod accounts;
pub mod audit;
pub mod broker;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub(crate) mod events;
pub mod fail2ban;
pub(crate) mod file_stamp;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod geo;
pub(crate) mod history;
pub(crate) mod jail_service;
pub(crate) mod memory;
pub(crate) mod mutex;
pub(crate) mod protection;
pub(crate) mod service_manager;
pub mod storage;
pub mod web;
