//! The two guards in front of every page: who is it, and may they.

use actix_session::SessionExt;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::USER_AGENT;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse};

use crate::domain::account::Account;
use crate::domain::session::Device;
use crate::storage::sessions::Login;
use crate::web::access::Access;
use crate::web::extract::client::Client;
use crate::web::extract::current_user::Recovered;
use crate::web::extract::htmx;
use crate::web::extract::htmx::is_poll;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::reply::Told;
use crate::web::session::proof;
use crate::web::session::store::LOGIN;
use crate::web::state::State;
use crate::web::{access, reply};

/// The longest name of a browser that is kept, in characters.
pub(crate) const LONGEST_AGENT: usize = 200;

/// The first guard: tells the others who asks. The form had come when the session was looked up, so one
/// that ended while it was on its way is dead.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match who(&request).await {
        Ok(Some(login)) => {
            match is_recovered(&request) {
                Ok(true) => drop(request.extensions_mut().insert(Recovered)),
                Ok(false) => {}
                Err(error) => return Ok(request.error_response(error)),
            }
            request.extensions_mut().insert(login.account);
            request.extensions_mut().insert(login.number);
        }
        Ok(None) => {}
        Err(error) => return Ok(request.error_response(error)),
    }
    next.call(request).await
}

fn is_recovered(request: &ServiceRequest) -> Result<bool, Error> {
    let state = request.app_data::<Data<State>>().ok_or(Internal::Missing("the state"))?;
    proof::is_recovered(&request.get_session(), state)
}

pub(crate) async fn who(request: &ServiceRequest) -> Result<Option<Login>, Error> {
    let state = request.app_data::<Data<State>>().ok_or(Internal::Missing("the state"))?;
    let Some(login) = request.get_session().get::<Login>(LOGIN)? else { return Ok(None) };
    if !is_poll(request.headers())
        && let Err(error) = state.sessions.mark_used(&login, device(request)).await
    {
        // On a full disk one has to look and unban all the same. The session then ends early, not late.
        tracing::warn!(%error, "the use of a session could not be written");
    }
    Ok(Some(login))
}

pub(crate) fn device(request: &ServiceRequest) -> Device {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    Device {
        address: Client::of_request(request.request()).ok().map(|client| client.address),
        agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
    }
}

/// The second guard: whoever is not logged in is sent to the login, unless the route is public, and
/// whose role is too small is refused. A path that no route has is for those who are logged in.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn authorize(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let access = access::requested_route(&request).map_or(Access::Viewer, |route| route.access);
    let role = request.extensions().get::<Account>().map(|account| account.role);
    match (access.role(), role) {
        (None, _) => next.call(request).await,
        (Some(least), Some(role)) if role >= least => next.call(request).await,
        (Some(least), Some(_)) => Ok(request.error_response(Error::Forbidden(least))),
        (Some(_), None) => Ok(to_login(request)),
    }
}

/// 303 to the login; for an htmx request a redirect of the whole window, so that a login page never
/// lands inside a table.
pub(crate) fn to_login(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let is_htmx = htmx::comes_from_htmx(request.request());
    let wanted = if is_htmx {
        htmx::current_path(request.request())
    } else if request.method() == Method::GET {
        request.uri().path_and_query().map(|path| path.as_str().to_owned())
    } else {
        None
    };
    let location = match wanted.filter(|path| path != "/") {
        Some(path) => format!(
            "/login?next={}",
            percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC)
        ),
        None => "/login".to_owned(),
    };
    let mut response = if is_htmx {
        HttpResponse::Unauthorized().insert_header(("hx-redirect", location)).finish()
    } else {
        reply::see_other(&location)
    };
    response.extensions_mut().insert(Told::refused("Nobody was logged in."));
    request.into_response(response)
}
