//! The audit: who did what, and how it ended.

pub(crate) mod csv;
pub(crate) mod page;
mod params;
