//! Who is logged in: what the session holds, and the guard in front of every page that is not public.

use actix_session::{Session, SessionExt};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use crate::domain::account::{Account, AccountId};

use super::error::Error;
use super::page::Flash;
use super::routes::{Access, ROUTES};
use super::server::State;
use super::session_store::ACCOUNT_ID as ACCOUNT;
use super::{csrf, fragment};

const FLASH: &str = "flash";

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Session(error.to_string())
}

/// The session of a request.
pub(super) fn of(request: &HttpRequest) -> Session {
    request.get_session()
}

/// Logs `account` in: a fresh key and a fresh CSRF token, so that nothing from before is of use.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn log_in(session: &Session, account: &Account) -> Result<(), Error> {
    session.clear();
    session.renew();
    session.insert(ACCOUNT, account.id).map_err(failed)?;
    csrf::token(session).map(drop)
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

/// The guard: whoever is not logged in is sent to the login, unless the route is public. A path that
/// no route has is not public.
///
/// # Errors
/// Those of the service behind it.
pub(super) async fn guard(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let account = match account_of(&request).await {
        Ok(account) => account,
        Err(error) => return Ok(request.error_response(error)),
    };
    match account {
        Some(account) => {
            request.extensions_mut().insert(account);
        }
        None if !is_public(&request) => return Ok(to_login(request)),
        None => {}
    }
    next.call(request).await
}

async fn account_of(request: &ServiceRequest) -> Result<Option<Account>, Error> {
    let state = request.app_data::<Data<State>>().ok_or_else(|| failed("no state"))?;
    account(&request.get_session(), state).await
}

/// The account that `session` belongs to.
///
/// # Errors
/// When the session cannot be read or our database fails.
pub(super) async fn account(session: &Session, state: &State) -> Result<Option<Account>, Error> {
    let Some(id) = session.get::<AccountId>(ACCOUNT).map_err(failed)? else { return Ok(None) };
    // An account that was removed meanwhile is nobody.
    Ok(state.accounts.by_id(id).await?)
}

fn is_public(request: &ServiceRequest) -> bool {
    let pattern = request.match_pattern();
    ROUTES.iter().any(|route| route.access == Access::Public && Some(route.path) == pattern.as_deref())
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
    request.into_response(response)
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
