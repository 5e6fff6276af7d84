//! The commands that fail2ban takes and the values that it answers.

pub(crate) mod bans;
pub(crate) mod command;
pub(crate) mod figures;
pub(crate) mod options;
pub(crate) mod reading;
pub(crate) mod setting;
pub(crate) mod unban;
pub(crate) mod values;
