//! Who is logged in: what the session holds, and the two guards in front of every page: who is it, and
//! may they.

use actix_session::{Session, SessionExt};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue, USER_AGENT};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::accounts::HalfWay;
use crate::domain::account::{Account, AccountId};
use crate::domain::session::{Device, SessionNumber};
use crate::storage::sessions::Login;

use super::client::Client;
use super::error::Error;
use super::page::Flash;
use super::routes::{self, Access};
use super::server::State;
use super::session_store::{ACCOUNT_ID as ACCOUNT, BEGAN, LOGIN, NUMBER, REMEMBERED};
use super::{audit, csrf, fragment};

/// What an open page sends when it asks by itself: nobody is there, so it is no use of the session.
const POLL: &str = "x-poll";
/// The longest name of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

const FLASH: &str = "flash";
const HALF_IN: &str = "half_in";

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Session(error.to_string())
}

/// The session of a request.
pub(super) fn of(request: &HttpRequest) -> Session {
    request.get_session()
}

/// Logs `account` in, for long where the device is to be remembered: a fresh key and a fresh CSRF
/// token, so that nothing from before is of use.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn log_in(
    session: &Session,
    account: &Account,
    remembered: bool,
    state: &State,
) -> Result<(), Error> {
    session.clear();
    session.insert(BEGAN, state.sessions.clock().now()).map_err(failed)?;
    session.insert(REMEMBERED, remembered).map_err(failed)?;
    session.insert(ACCOUNT, account.id).map_err(failed)?;
    renew(session)
}

/// A login of which the second factor is still asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HalfIn {
    /// Whose password was right.
    pub half_way: HalfWay,
    /// Whether the device is to be remembered.
    pub remember: bool,
    /// Where to go then.
    pub next: String,
}

/// Keeps that the password was right. Nobody is logged in by that.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn log_half_in(session: &Session, half_in: HalfIn) -> Result<(), Error> {
    session.clear();
    session.renew();
    session.insert(HALF_IN, half_in).map_err(failed)?;
    csrf::renew(session)
}

/// The login of which the second factor is still asked for.
///
/// # Errors
/// When the session cannot be read.
pub(super) fn half_in(session: &Session) -> Result<Option<HalfIn>, Error> {
    session.get(HALF_IN).map_err(failed)
}

/// Lets the login begin again with the password.
pub(super) fn forget_half_in(session: &Session) {
    session.remove(HALF_IN);
}

/// Gives the session a fresh key and a fresh CSRF token. For one's own change of rights.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn renew(session: &Session) -> Result<(), Error> {
    session.renew();
    // 63 bits, so that SQLite and the paths of pages have it as a positive number.
    let number = i64::from_ne_bytes(rand::random()) & i64::MAX;
    session.insert(NUMBER, SessionNumber(number)).map_err(failed)?;
    csrf::renew(session)
}

/// Leaves a message for the next page.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn leave_flash(session: &Session, flash: &Flash) -> Result<(), Error> {
    session.insert(FLASH, flash).map_err(failed)
}

/// Takes the message that was left.
///
/// # Errors
/// When the session cannot be read.
pub(super) fn take_flash(session: &Session) -> Result<Option<Flash>, Error> {
    let flash = session.get(FLASH).map_err(failed)?;
    if flash.is_some() {
        session.remove(FLASH);
    }
    Ok(flash)
}

/// The first guard: tells the others who asks. The form had come when the session was looked up, so one
/// that ended while it was on its way is dead.
///
/// # Errors
/// Those of the service behind it.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match who(&request).await {
        Ok(Some(login)) => {
            request.extensions_mut().insert(login.account);
            request.extensions_mut().insert(login.number);
        }
        Ok(None) => {}
        Err(error) => return Ok(request.error_response(error)),
    }
    next.call(request).await
}

async fn who(request: &ServiceRequest) -> Result<Option<Login>, Error> {
    let state = request.app_data::<Data<State>>().ok_or_else(|| failed("no state"))?;
    let Some(login) = request.get_session().get::<Login>(LOGIN).map_err(failed)? else { return Ok(None) };
    if !is_poll(request.headers())
        && let Err(error) = state.sessions.mark_used(&login, device(request)).await
    {
        // On a full disk one has to look and unban all the same. The session then ends early, not late.
        tracing::warn!(%error, "the use of a session could not be written");
    }
    Ok(Some(login))
}

/// Whether a page asks by itself.
pub(super) fn is_poll(headers: &header::HeaderMap) -> bool {
    headers.contains_key(POLL)
}

fn device(request: &ServiceRequest) -> Device {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    Device {
        address: Client::of(request.request()).ok().map(|client| client.address),
        agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
    }
}

/// The second guard: whoever is not logged in is sent to the login, unless the route is public, and
/// whose role is too small is refused. A path that no route has is for those who are logged in.
///
/// # Errors
/// Those of the service behind it.
pub(super) async fn authorize(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let access = routes::of(&request).map_or(Access::Viewer, |route| route.access);
    let role = request.extensions().get::<Account>().map(|account| account.role);
    match (access.role(), role) {
        (None, _) => next.call(request).await,
        (Some(least), Some(role)) if role >= least => next.call(request).await,
        (Some(least), Some(_)) => Ok(request.error_response(Error::Forbidden(least))),
        (Some(_), None) => Ok(to_login(request)),
    }
}

/// The account that `session` was just logged in to. Does not look whether the session still lives.
///
/// # Errors
/// When the session cannot be read or our database fails.
pub(super) async fn account(session: &Session, state: &State) -> Result<Option<Account>, Error> {
    let Some(id) = session.get::<AccountId>(ACCOUNT).map_err(failed)? else { return Ok(None) };
    Ok(state.accounts.by_id(id).await?)
}

/// 303 to the login; for an htmx request a redirect of the whole window, so that a login page never
/// lands inside a table.
fn to_login(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let is_htmx = fragment::comes_from_htmx(request.request());
    let wanted = if is_htmx {
        fragment::current_path(request.request())
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
    let Ok(location) = HeaderValue::from_str(&location) else {
        return request.error_response(failed("a path that no header can hold"));
    };
    let response = if is_htmx {
        HttpResponse::build(StatusCode::UNAUTHORIZED)
            .insert_header((HeaderName::from_static("hx-redirect"), location))
            .finish()
    } else {
        HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
    };
    request.into_response(audit::refused(response, "Nobody was logged in."))
}

/// A path to go to after the login: one of ours, never another host's. A browser drops tabs and line
/// ends from an address before it reads it, and no header holds what is not ASCII.
pub(super) fn safe_next(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && path.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            path.to_owned()
        }
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn a_login_never_leads_to_another_host() {
        assert_eq!(safe_next(Some("/jails/sshd?page=2")), "/jails/sshd?page=2");
        for next in [
            None,
            Some(""),
            Some("//evil.example"),
            Some("https://evil.example"),
            Some("/\\evil.example"),
            Some("/\t/evil.example"),
            Some("/jails/日本"),
            Some("jails"),
        ] {
            assert_eq!(safe_next(next), "/", "{next:?}");
        }
    }
}
