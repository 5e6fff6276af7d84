//! The web side: URLs, handlers, templates, errors as pages.

mod agent;
mod assets;
mod audit;
mod ban_countries;
mod ban_key;
mod ban_links;
mod ban_query;
mod client;
mod compress;
mod connection;
mod cross_site;
mod csrf;
mod door;
mod error;
mod error_page;
mod form;
mod format;
mod fragment;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handlers;
mod headers;
mod hosts;
mod limits;
mod lock_out;
mod page;
mod places;
mod refusal;
mod reload_plan;
mod remember;
pub mod routes;
mod server;
mod session;
mod session_cookie;
mod session_store;
mod settings;
mod trouble;
mod unchanged;

pub use limits::Deadlines;
pub use server::{Running, ServeError, run, start, start_with};
