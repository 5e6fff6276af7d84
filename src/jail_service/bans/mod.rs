//! Bans and unbans.

pub(crate) mod ban;
pub(crate) mod ban_again;
pub(crate) mod context;
pub(crate) mod count;
pub(crate) mod lifted;
pub(crate) mod other_names;
pub(crate) mod read_all;
pub(crate) mod unban;
pub(crate) mod unban_many;
