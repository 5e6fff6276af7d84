//! The application: its routes, and the layers that a request passes on its way to a handler.

use std::future::ready;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, QueryConfig};
use actix_web::{App, web};

use crate::config::LiveConfig;

use super::access::RouteTable;
use super::middleware::deadlines::Deadlines;
use super::middleware::{
    allowed_hosts, audit, authorize, base_path, compress, csrf, error_page, etag, identify, limits, prove,
    security_headers,
};
use super::problem::error::Error;
use super::routes;
use super::session::cookie::SessionCookie;
use super::session::device::DeviceKey;
use super::session::kept_forms::KeptForms;
use super::session::store::SqliteSessionStore;
use super::session::{device, persistence};
use super::state::State;

/// Parts from which every worker's application is made.
pub(crate) struct Parts {
    pub(crate) state: Data<State>,
    pub(crate) config: Data<LiveConfig>,
    pub(crate) deadlines: Data<Deadlines>,
    pub(crate) kept_forms: Data<KeptForms>,
    pub(crate) device_key: Data<DeviceKey>,
    /// The session store, followed by the key that encrypts the session cookies.
    pub(crate) sessions: SqliteSessionStore,
    pub(crate) cookie_key: [u8; 64],
}

/// The application of one worker.
pub(crate) fn app(
    parts: &Parts,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let remembered = parts.config.now().session_limits().remembered;
    let cookie = SessionCookie::new(&parts.sessions, &parts.cookie_key, remembered);
    App::new()
        .app_data(parts.state.clone())
        .app_data(parts.config.clone())
        .app_data(parts.deadlines.clone())
        .app_data(parts.kept_forms.clone())
        .app_data(parts.device_key.clone())
        .app_data(RouteTable(routes::ROUTES))
        .app_data(QueryConfig::default().error_handler(|_, _| incomplete_address().into()))
        .app_data(PathConfig::default().error_handler(|_, _| Error::NoPage.into()))
        .configure(routes::configure)
        .default_service(web::to(|| ready(Err::<&'static str, _>(Error::NoPage))))
        // To be read from 1: a request meets the last line first, its answer meets it last.
        .wrap(from_fn(prove::require_proof)) // 17. is it still them?
        .wrap(from_fn(csrf::require_token)) // 16. was the form sent from a page of this session?
        .wrap(from_fn(authorize::authorize)) // 15. may they?
        .wrap(from_fn(audit::record)) // 14. the row of the action
        .wrap(from_fn(prove::restore_form)) // 13. the form that has waited for 17
        .wrap(from_fn(identify::identify)) // 12. who asks?
        .wrap(from_fn(limits::refuse_oversized)) // 11. what 2 found to be too much
        .wrap(from_fn(error_page::render_errors)) // 10. errors of all below as pages
        .wrap(from_fn(etag::not_modified)) // 9. 304 for what the browser has
        .wrap(from_fn(persistence::note_remembered)) // 8. for 5, while the session can be read
        .wrap(from_fn(device::remember)) // 7. a device on which somebody logs in
        .wrap(cookie) // 6. the session
        .wrap(from_fn(persistence::expire_with_browser)) // 5. how long the cookie of 6 lasts
        .wrap(from_fn(allowed_hosts::check_host)) // 4. is the request for us, and who sends it?
        .wrap(from_fn(base_path::put_on)) // 3a. links below the base path
        .wrap(from_fn(compress::compress_response)) // 3. gzip
        .wrap(from_fn(limits::read_request)) // 2. size and time; reads the form
        .wrap(from_fn(security_headers::add_headers)) // 1. on every answer
        .wrap(from_fn(base_path::take_off)) // 0. the base path
}

fn incomplete_address() -> Error {
    Error::BadInput("The address is not complete.".to_owned())
}
