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
#[expect(dead_code, reason = "it serves other tests too")]
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
mod ban_ignored;
mod ban_lists;
mod ban_times;
mod bulk;
mod cross_site;
mod crowd;
mod failed_actions;
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
mod odd_entries;
mod odd_names;
mod odd_values;
mod origin;
mod own_account;
mod own_log;
mod proxies;
mod quick_unban;
mod reload;
mod restart;
mod second_factor;
mod secrets;
mod sent;
mod server;
mod setup;
mod start_stop;
mod throttle;
mod time_zone;
mod trouble;
mod unchanged;
mod unknown;
mod unread;
mod walk;
mod well_formed;
