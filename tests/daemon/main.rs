//! Tests on a real fail2ban-server.

#[path = "../support/mod.rs"]
mod support;

mod client_program;
mod demo;
mod private_daemon;
mod restart;
mod unban;
