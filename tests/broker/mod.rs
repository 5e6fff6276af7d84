//! The web server without access to fail2ban, and the broker that has it: real processes of two users,
//! on a real fail2ban. Has to be run as root, which alone can be other users.

mod pair;
pub(crate) mod people;

mod apart;
mod config_owner;
mod confined;
mod namespace;
mod outage;
mod record;
mod refusals;
mod socket;
mod time_zone;
mod web_socket;
