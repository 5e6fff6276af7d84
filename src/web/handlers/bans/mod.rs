//! Ban lists, and what bans and unbans.

pub(crate) mod all;
pub(crate) mod at_once;
pub(crate) mod ban_again;
pub(crate) mod bulk;
pub(crate) mod networks;
pub(crate) mod one_jail;
pub(crate) mod quick_unban;
pub(crate) mod timed;
pub(crate) mod unban_all;
