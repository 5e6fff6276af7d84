//! What one sees and does over HTTP, on a real fail2ban.

#[path = "../support/between.rs"]
mod between;
#[path = "../support/fake_daemon.rs"]
mod fake_daemon;
#[path = "../support/ip_api.rs"]
mod ip_api;
#[path = "../support/mmdb.rs"]
mod mmdb;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/site.rs"]
mod site;
#[path = "../support/mod.rs"]
mod support;

mod raw;
mod visitor;

mod access;
mod accounts;
mod all_bans;
mod audit;
mod ban;
mod ban_lists;
mod bulk;
mod cross_site;
mod crowd;
mod geo;
mod guarded;
mod headers;
mod hostile;
mod hosts;
mod idle;
mod ignore;
mod jail;
mod jail_detail;
mod jails;
mod limits;
mod lock_out;
mod log_lines;
mod login;
mod lookup;
mod odd_names;
mod odd_values;
mod origin;
mod own_account;
mod proxies;
mod quick_unban;
mod reload;
mod restart;
mod second_factor;
mod sent;
mod server;
mod setup;
mod start_stop;
mod throttle;
mod trouble;
mod unchanged;
mod unknown;
mod unread;
mod walk;
mod well_formed;
