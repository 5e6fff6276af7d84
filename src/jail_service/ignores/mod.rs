//! Ignore lists, and the entries that are put back after a restart of fail2ban.

pub(crate) mod kept;
pub(crate) mod list;
