//! Tests on a real fail2ban-server.

mod client_program;
mod demo;
mod filter_trial;
mod filter_trials;
mod private_daemon;
mod restart;
mod unban;
