//! One file a subject. A handler reads typed input, calls the jail service once, and renders.

pub(crate) mod about;
pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod bans;
pub(crate) mod broker_record;
pub(crate) mod dashboard;
pub(crate) mod dismiss;
pub(crate) mod geo;
pub(crate) mod geo_cache;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod ignore;
pub(crate) mod ignores;
pub(crate) mod jail_post;
pub(crate) mod jails;
pub(crate) mod job_reply;
pub(crate) mod keys;
pub(crate) mod lookup;
pub(crate) mod protection;
pub(crate) mod required_factor;
pub(crate) mod robots_txt;
pub(crate) mod search;
pub(crate) mod security_txt;
pub(crate) mod server;
