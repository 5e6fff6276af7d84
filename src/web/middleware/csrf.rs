//! The CSRF token: one for each session, asked for with every unsafe method, before any handler.
//!
//! Pages hold it masked, each time differently, as they are sent compressed: see [`super::compress`].

use actix_session::SessionExt;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use subtle::ConstantTimeEq;

use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::session::csrf_token::{stored_token, unmask};

use super::cross_site;

/// Refuses every unsafe request that does not carry the session's token, in the field `csrf_token` or
/// the header `X-CSRF-Token`, or that comes from another site.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn require_token(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.call(request).await;
    }
    match check(&request) {
        Ok(()) => next.call(request).await,
        Err(error) => Ok(request.error_response(error)),
    }
}

/// Refuses a form that is not from a page of this session.
pub(crate) fn check(request: &ServiceRequest) -> Result<(), Error> {
    cross_site::check(request.request())?;
    let (own, sent) = (stored_token(&request.get_session())?, sent_token(request)?);
    let matches = own.zip(sent).is_some_and(|(own, sent)| own.ct_eq(&sent).into());
    if matches { Ok(()) } else { Err(Error::Csrf) }
}

/// The token that came.
fn sent_token(request: &ServiceRequest) -> Result<Option<u128>, Error> {
    if let Some(header) = request.headers().get("x-csrf-token") {
        return Ok(header.to_str().ok().and_then(unmask));
    }
    Ok(Form::of_request(request)?.first("csrf_token").and_then(unmask))
}
