//! The fault table: everything that can fail beside BanGUI, one case each, on the program itself and a
//! real fail2ban. Each case asserts what the page says, that it works again by itself, that nothing was
//! lost and nothing invented, and hands in its row; [`table`] writes them where it is asked to.

mod between;
mod ledger;
mod process;
mod table;
mod world;

mod actions;
mod broker;
mod configuration;
mod daemon;
mod fail2ban_database;
mod full_disk;
mod own_database;
mod replies;
mod socket;
