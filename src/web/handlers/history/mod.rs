//! The record of bans.

pub(crate) mod files;
pub(crate) mod page;
mod params;
