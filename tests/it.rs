//! BanGUI as a whole: over HTTP, over sockets, at its command line, on a real fail2ban.

#[expect(dead_code, reason = "it serves other tests too")]
mod support;

mod architecture;
mod command_line;
mod daemon;
mod faults;
mod web;
mod wire;
