//! The location of an address.

pub mod country;
pub(crate) mod fold;
pub(crate) mod ip_api;
pub(crate) mod operators;
pub mod origin;
pub mod place;
