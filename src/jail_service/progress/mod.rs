//! Progress of the work that is under way, and the end of the last.

pub(crate) mod bulk;
pub(crate) mod job;
pub(crate) mod single_flight;
