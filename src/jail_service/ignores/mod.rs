//! Ignore lists, and the entries that are put back after a restart of fail2ban.

pub(crate) mod everywhere;
pub(crate) mod kept;
pub(crate) mod list;
pub(crate) mod not_in_force;
pub(crate) mod overview;
pub(crate) mod rows;
pub(crate) mod wide;
