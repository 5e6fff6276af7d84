//! Tests on a real fail2ban-server.

mod client_program;
mod demo;
mod private_daemon;
mod restart;
mod unban;
