//! One address: where it is banned, from where it comes, why.

mod bans;
mod cause;
mod ignored;
pub(crate) mod in_jails;
mod past;
pub(crate) mod place_card;
pub(crate) mod show;
