//! Bans with an end and a reason of their own: made, shown, kept and lifted.

pub(crate) mod keep;
pub(crate) mod list;
pub(crate) mod look;
