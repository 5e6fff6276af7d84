//! The pages in a real Chromium, with a real fail2ban behind them.

mod accounts;
mod alive;
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
mod messages;
mod no_javascript;
mod odd_names;
mod origin;
mod outage;
mod pages;
mod passkeys;
mod phone;
mod rows;
mod search;
mod selection;
mod steps;
mod unchanged;
mod work;
