//! The location of an address.

pub mod country;
pub(crate) mod fold;
pub mod origin;
pub mod place;
