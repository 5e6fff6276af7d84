//! The middleware that every request passes on its way to a handler and back.

pub(crate) mod allowed_hosts;
pub(crate) mod arrival;
pub(crate) mod audit;
pub(crate) mod authorize;
pub(crate) mod base_path;
pub(crate) mod compress;
pub(crate) mod connection;
pub(crate) mod connections;
pub(crate) mod cross_site;
pub(crate) mod csrf;
pub(crate) mod deadlines;
pub(crate) mod emergency;
pub(crate) mod error_page;
pub(crate) mod etag;
pub(crate) mod identify;
pub(crate) mod limits;
pub(crate) mod prove;
pub(crate) mod security_headers;
