//! Pure types and rules: what a jail, an address and a ban are. No I/O, no HTTP, no SQL.

pub mod account;
pub(crate) mod action_failure;
pub mod address;
pub mod audit;
pub mod ban;
pub mod broker_change;
pub mod clock;
pub(crate) mod coverage;
pub(crate) mod daemon_clock;
pub mod geo;
pub mod host;
pub mod ignore;
pub(crate) mod ignore_overlap;
pub mod jail;
pub mod jail_detail;
pub(crate) mod local_time;
pub mod lookup;
pub(crate) mod notice;
pub(crate) mod one_person;
pub(crate) mod passkey;
pub mod reload;
pub(crate) mod risk;
pub mod secret;
pub mod server;
pub mod session;
pub(crate) mod text;
