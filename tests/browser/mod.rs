//! The pages in a real Chromium, with a real fail2ban behind them.

mod accounts;
mod bans;
mod chromium;
mod clicks;
mod duties;
mod geo;
mod hostile;
mod keyboard;
mod keys;
mod layout;
mod live;
mod no_javascript;
mod odd_names;
mod origin;
mod outage;
mod pages;
mod passkeys;
mod phone;
mod rows;
mod search;
mod steps;
mod unchanged;
mod work;
