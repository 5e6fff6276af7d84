//! Why a request was not answered as asked: the error, its status, and what a person reads of it.

pub(crate) mod content;
pub(crate) mod description;
pub(crate) mod error;
pub(crate) mod internal;
pub(crate) mod rejection;
