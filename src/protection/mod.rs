//! Whether protection is really on: what the firewall holds, read beside fail2ban and never changed.

mod entries;
mod follow;
mod iptables;
mod jails;
mod logs;
mod look;
mod network;
mod nft_rule;
mod nftables;
mod places;
mod programs;
mod rules;
mod services;
mod state;
mod tags;

pub(crate) use logs::look_at_logs;
pub(crate) use look::look_at_firewall;
pub(crate) use services::listeners;
