//! Limits on a request: bytes and time. Measured in front of everything else, so that no handler
//! waits for a client; refused where there is a page to say so on.

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::web::extract::form::Form;
use crate::web::middleware::deadlines::Deadlines;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::problem::rejection::{LONGEST_BODY, LONGEST_HEADERS, LONGEST_TARGET, MOST_FIELDS, Rejection};

use super::connection::Connection;

/// Reason why a request is to be refused, on its way to [`refuse_oversized`].
struct Oversized(Error);

/// Measures the head and reads the body, which from here on is a [`Form`].
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn read_request(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let connection = Connection::of_request(request.request());
    if let Some(connection) = &connection {
        connection.request_begins();
    }
    let read = read_body(&mut request).await;
    if let Some(connection) = &connection {
        connection.request_is_read();
    }
    let is_refused = read.is_err();
    match read {
        Ok(body) => drop(request.extensions_mut().insert(Form::read(&body))),
        Err(error) => drop(request.extensions_mut().insert(Oversized(error))),
    }
    let mut answer = next.call(request).await;
    if let Some(connection) = &connection {
        connection.request_ends();
    }
    if is_refused {
        if let Ok(response) = &mut answer {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        // actix-web would go on to read the rest of a chunked body for as long as it comes.
        if let Some(connection) = &connection {
            connection.end_soon();
        }
    }
    answer
}

/// Answers what [`read_request`] found to be too much.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn refuse_oversized(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let refused = request.extensions_mut().remove::<Oversized>();
    match refused {
        Some(Oversized(error)) => Ok(request.error_response(error)),
        None => next.call(request).await,
    }
}

async fn read_body(request: &mut ServiceRequest) -> Result<Bytes, Error> {
    measure_head(request.request())?;
    let deadlines = request.app_data::<Data<Deadlines>>().ok_or(Internal::Missing("deadlines"))?;
    let limit = deadlines.body;
    let payload = request.take_payload();
    let body = timeout(limit, body(payload)).await.map_err(|_| Rejection::TooSlow)??;
    if memchr::memchr_iter(b'&', &body).count() >= MOST_FIELDS {
        return Err(Rejection::BodyTooLong.into());
    }
    Ok(body)
}

fn measure_head(request: &HttpRequest) -> Result<(), Error> {
    let uri = request.uri();
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    if path + uri.authority().map_or(0, |authority| authority.as_str().len()) > LONGEST_TARGET {
        return Err(Rejection::TargetTooLong.into());
    }
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > LONGEST_HEADERS {
        return Err(Rejection::HeadersTooLong.into());
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
    if length.is_some_and(|length: u64| length > LONGEST_BODY as u64) {
        return Err(Rejection::BodyTooLong.into());
    }
    Ok(())
}

async fn body(mut payload: Payload) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|error| Error::BadInput(format!("The form could not be read: {error}.")))?;
        if body.len() + part.len() > LONGEST_BODY {
            return Err(Rejection::BodyTooLong.into());
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}
