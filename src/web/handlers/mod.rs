//! One file a subject. A handler reads typed input, calls the jail service once, and renders.

pub(super) mod account;
pub(super) mod accounts;
pub(super) mod all_bans;
pub(super) mod audit;
pub(super) mod ban_again;
pub(super) mod bans;
pub(super) mod bulk;
pub(super) mod health;
pub(super) mod ignore;
mod ignore_card;
pub(super) mod jail;
mod jail_post;
pub(super) mod jail_state;
pub(super) mod jails;
pub(super) mod login;
pub(super) mod lookup;
mod own;
pub(super) mod reload;
pub(super) mod second_factor;
pub(super) mod server;
pub(super) mod server_settings;
pub(super) mod setup;
pub(super) mod theme;
pub(super) mod unban;
pub(super) mod unban_all;
