//! Errors of requests: the error, its status, and its text for the user.

pub(crate) mod content;
pub(crate) mod description;
pub(crate) mod error;
pub(crate) mod internal;
pub(crate) mod rejection;
