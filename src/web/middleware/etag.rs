//! Entity tags: a client that has a response already is told that it still holds, instead of being
//! sent it again.

use actix_session::{Session, SessionExt};
use actix_web::body;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ETAG, ETag, EntityTag, Header, IfNoneMatch, TryIntoHeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use sha2::{Digest, Sha256};

use crate::web::problem::error::Error;
use crate::web::session::csrf_token;

/// Gives every page and part a tag of its content, and answers 304 to whoever has that content. Words
/// that change with time ("2 min ago") are content too: nobody is left with an old time.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn not_modified(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_get = request.method() == Method::GET;
    let mut response = next.call(request).await?;
    if !is_get || response.status() != StatusCode::OK {
        return Ok(response);
    }
    if !response.headers().contains_key(ETAG) {
        response = with_tag(response)?;
    }
    if is_known(&response) {
        *response.response_mut().status_mut() = StatusCode::NOT_MODIFIED;
        response = response.map_body(|_, _| BoxBody::new(body::None::new()));
    }
    Ok(response)
}

/// The same with its tag, where the whole body is here.
fn with_tag(response: ServiceResponse<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let session = response.request().get_session();
    let mut tag = None;
    let mut response = response.map_body(|_, body| match body.try_into_bytes() {
        Ok(content) => {
            tag = Some(tag_of(&content, &session));
            BoxBody::new(content)
        }
        Err(body) => body,
    });
    if let Some(tag) = tag.transpose()? {
        response.headers_mut().insert(ETAG, ETag(tag).try_into_value()?);
    }
    Ok(response)
}

/// Weak, because it is the same for each encoding. The CSRF token reads differently in each answer, so
/// what it stands for takes its place: with another one the forms are to be sent again.
fn tag_of(content: &[u8], session: &Session) -> Result<EntityTag, Error> {
    let mut hash = Sha256::new_with_prefix(csrf_token::fingerprint(session)?);
    csrf_token::around_tokens(content).for_each(|part| hash.update(part));
    let head = hash.finalize().iter().take(16).fold(0_u128, |head, byte| (head << 8) | u128::from(*byte));
    Ok(EntityTag::new_weak(format!("{head:032x}")))
}

/// Returns true if the client stated that it has this very response.
fn is_known(response: &ServiceResponse<BoxBody>) -> bool {
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()?.parse::<EntityTag>().ok());
    match (IfNoneMatch::parse(response.request()), tag) {
        (Ok(IfNoneMatch::Any), Some(_)) => true,
        (Ok(IfNoneMatch::Items(known)), Some(tag)) => known.iter().any(|known| known.weak_eq(&tag)),
        (Err(_), _) | (_, None) => false,
    }
}
