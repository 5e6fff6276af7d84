//! The pages in a real Chromium, with a real fail2ban behind them.

#[expect(dead_code, reason = "it serves other tests too")]
mod support;

mod browser;
