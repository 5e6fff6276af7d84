//! Where an address is.

pub mod country;
pub(crate) mod fold;
pub mod origin;
pub mod place;
