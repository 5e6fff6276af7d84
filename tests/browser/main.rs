//! The pages in a real Chromium, with a real fail2ban behind them.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each test program uses a part of what they share")]
mod support;

#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/ip_api.rs"]
#[expect(dead_code, reason = "each test program uses a part of what they share")]
mod ip_api;
#[path = "../support/site.rs"]
#[expect(dead_code, reason = "each test program uses a part of what they share")]
mod site;

#[path = "../web/visitor.rs"]
#[expect(dead_code, reason = "each test program uses a part of what they share")]
mod visitor;

mod accounts;
mod bans;
mod geo;
mod hostile;
mod keyboard;
mod live;
mod no_javascript;
mod odd_names;
mod origin;
mod outage;
mod pages;
mod phone;
mod rows;
mod search;
mod steps;
mod unchanged;
mod work;
