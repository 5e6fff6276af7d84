//! Pure types and rules: what a jail, an address and a ban are. No I/O, no HTTP, no SQL.

pub mod account;
pub mod address;
pub mod audit;
pub mod ban;
pub mod ban_page;
pub mod ban_table;
pub mod clock;
pub mod country;
pub mod ignore;
pub mod jail;
pub mod jail_detail;
pub mod lookup;
pub mod origin;
pub mod place;
pub mod reload;
pub mod risk;
pub mod server;
pub mod session;
pub(crate) mod text;
