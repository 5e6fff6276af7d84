//! BanGUI: the web interface for fail2ban.
//!
//! # The crate map
//! Imports run one way, from the bottom of this list to its top (`tests/house.rs` keeps it so):
//!
//! - `memory`: room for much at once.
//! - [`domain`]: pure types and rules. No I/O, no HTTP, no SQL.
//! - [`fail2ban`]: everything that knows the daemon: its wire, its commands, its client program, and the
//!   broker in front of them, which may be a process of its own.
//! - [`storage`]: our own SQLite database, one file of queries for each table.
//! - [`geo`]: where an address is: providers, and the cache of what those on the network told.
//! - [`accounts`]: passwords, the first account, sessions.
//! - [`jail_service`]: what a person does with jails. Handlers call this and nothing below it.
//! - [`web`]: URLs, handlers, templates, errors as pages.
//! - [`demo`]: a private fail2ban with sample logs, for `bangui demo` and for the tests.
//! - [`config`], [`cli`]: settings and subcommands.

pub mod accounts;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod fail2ban;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod geo;
pub mod jail_service;
mod memory;
pub mod storage;
pub mod web;
