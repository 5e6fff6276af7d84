//! Compression of responses for clients that accept it.
//!
//! A body that holds a secret beside what somebody else put into the request tells the secret by its
//! length, one guess at a time (BREACH). The one secret of our pages is the CSRF token, and
//! [`super::csrf`] writes it differently into each of them. The cookie is in no body.

use std::io;
use std::io::Write;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding, HeaderValue, VARY};
use actix_web::middleware::Next;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::web::extract::accept_encoding::is_taken;

/// Size in bytes below which a body is not compressed, as it fits into one packet either way.
const SHORTEST: u64 = 1024;
/// A page of 40 kB takes 0.16 ms and becomes 7.1 kB. Level 1 takes half of that and leaves 8.8 kB, level 6
/// leaves 6.5 kB; brotli takes twice as long for the same size.
const LEVEL: Compression = Compression::new(2);

/// Compresses the answer, unless it is compressed already.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn compress_response(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_taken = is_taken(request.request(), ContentEncoding::Gzip);
    let mut response = next.call(request).await?;
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    let is_long = matches!(response.response().body().size(), BodySize::Sized(length) if length >= SHORTEST);
    if !is_taken || !is_long || response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    Ok(response.map_body(|head, body| match body.try_into_bytes().map(|plain| (gzip(&plain), plain)) {
        Ok((Ok(packed), _)) => {
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            BoxBody::new(packed)
        }
        Ok((Err(error), plain)) => {
            tracing::error!(%error, "an answer could not be compressed");
            BoxBody::new(plain)
        }
        Err(body) => body,
    }))
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::with_capacity(plain.len() / 4), LEVEL);
    packed.write_all(plain)?;
    packed.finish()
}
