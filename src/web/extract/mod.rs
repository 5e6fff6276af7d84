//! Extractors of what handlers read from a request, each a validated type.

pub(crate) mod accept_encoding;
pub(crate) mod ban_key;
pub(crate) mod ban_query;
pub(crate) mod by_proxy;
pub(crate) mod client;
pub(crate) mod current_user;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod held_rows;
pub(crate) mod host;
pub(crate) mod htmx;
pub(crate) mod jail_name;
pub(crate) mod peer;
pub(crate) mod site;
