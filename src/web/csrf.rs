//! The CSRF token: one for each session, asked for with every unsafe method, before any handler.

use actix_session::{Session, SessionExt};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use subtle::ConstantTimeEq;

use super::error::Error;
use super::{cross_site, form};

const KEY: &str = "csrf";

/// The session's token, made when it has none yet.
///
/// # Errors
/// When the session cannot be read or written.
pub(super) fn token(session: &Session) -> Result<String, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Session(error.to_string());
    if let Some(token) = session.get(KEY).map_err(|error| failed(&error))? {
        return Ok(token);
    }
    renew(session)?;
    session.get(KEY).map_err(|error| failed(&error))?.ok_or_else(|| failed(&"the token was not kept"))
}

/// Gives the session another token.
///
/// # Errors
/// When the session cannot be written.
pub(super) fn renew(session: &Session) -> Result<(), Error> {
    let token = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
    session.insert(KEY, &token).map_err(|error| Error::Session(error.to_string()))
}

/// Refuses every unsafe request that does not carry the session's token, in the field `csrf_token` or
/// the header `X-CSRF-Token`, or that comes from another site.
///
/// # Errors
/// Those of the service behind it.
pub(super) async fn guard(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.call(request).await;
    }
    if let Err(error) = cross_site::check(request.request()) {
        return Ok(request.error_response(error));
    }
    let sent = match sent_token(&mut request).await {
        Ok(sent) => sent,
        Err(error) => return Ok(request.error_response(error)),
    };
    let own = match request.get_session().get::<String>(KEY) {
        Ok(own) => own,
        Err(error) => return Ok(request.error_response(Error::Session(error.to_string()))),
    };
    let matches = own.zip(sent).is_some_and(|(own, sent)| own.as_bytes().ct_eq(sent.as_bytes()).into());
    if matches { next.call(request).await } else { Ok(request.error_response(Error::Csrf)) }
}

/// The token that came.
async fn sent_token(request: &mut ServiceRequest) -> Result<Option<String>, Error> {
    if let Some(header) = request.headers().get("x-csrf-token") {
        return Ok(header.to_str().ok().map(str::to_owned));
    }
    Ok(form::sent(request).await?.csrf_token.clone())
}
