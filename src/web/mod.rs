//! The web side: URLs, handlers, templates, errors as pages.

mod assets;
mod audit;
mod ban_key;
mod ban_query;
mod csrf;
mod error;
mod error_page;
mod form;
mod format;
mod fragment;
mod handlers;
mod headers;
mod page;
mod remember;
pub mod routes;
mod server;
mod session;
mod session_store;
mod settings;
mod trouble;

pub use server::{Running, ServeError, run, start, start_at};
