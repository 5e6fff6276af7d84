//! The ban list of each jail, in memory: read once for everybody, then caught up with.

pub(crate) mod cache;
pub(crate) mod catch_up;
pub(crate) mod confirm;
pub(crate) mod first_view;
pub(crate) mod list;
pub(crate) mod slot;
