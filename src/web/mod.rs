//! The web side: URLs, handlers, templates, errors as pages.

pub mod access;
pub(crate) mod app;
pub(crate) mod background;
pub(crate) mod extract;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub(crate) mod handlers;
pub(crate) mod listeners;
pub(crate) mod middleware;
pub(crate) mod own_paths;
pub(crate) mod problem;
pub(crate) mod reply;
pub mod routes;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod state;
pub(crate) mod view;

pub use listeners::Listeners;
pub(crate) use listeners::certificate::Certificate;
pub use middleware::deadlines::Deadlines;
pub(crate) use own_paths::refuse_own_path;
pub use server::{run, start, start_with};
