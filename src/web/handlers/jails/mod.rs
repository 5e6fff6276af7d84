//! The list of jails, one jail, and what starts, stops and reloads them.

pub(crate) mod filter;
pub(crate) mod list;
mod order;
pub(crate) mod reload;
pub(crate) mod restart;
pub(crate) mod reveal;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod stopped;
