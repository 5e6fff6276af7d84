//! What is under way, how far it is, and how the last of it ended.

pub(crate) mod bulk;
pub(crate) mod job;
pub(crate) mod single_flight;
