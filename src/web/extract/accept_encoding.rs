//! Content encodings that a client accepts.

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, ContentEncoding, Encoding, Header};

/// Returns true if `request` accepts a response in `coding`.
pub(crate) fn is_taken(request: &HttpRequest, coding: ContentEncoding) -> bool {
    // Without the header everything is acceptable, but hardly to a client that does not ask.
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return false;
    }
    let (coding, plain) = (Encoding::Known(coding), Encoding::identity());
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate([&coding, &plain].into_iter()).as_ref() == Some(&coding))
}
