//! What one sees and does over HTTP, on a real fail2ban.

#[path = "../support/fake_daemon.rs"]
mod fake_daemon;
#[path = "../support/site.rs"]
mod site;
#[path = "../support/mod.rs"]
mod support;

mod visitor;

mod access;
mod all_bans;
mod audit;
mod ban;
mod bulk;
mod headers;
mod hostile;
mod idle;
mod ignore;
mod jail;
mod jail_detail;
mod jails;
mod login;
mod lookup;
mod quick_unban;
mod reload;
mod restart;
mod server;
mod setup;
mod start_stop;
mod trouble;
mod unknown;
mod well_formed;
