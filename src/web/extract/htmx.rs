//! The request headers of htmx.

use actix_web::HttpRequest;
use actix_web::http::header;

/// Returns true if htmx asks for a part. It also asks for whole pages: when it restores one from
/// the browser's history, and when it replaces the whole body.
pub(crate) fn is_htmx(request: &HttpRequest) -> bool {
    let is_full = request.headers().get("hx-request-type").is_some_and(|kind| kind == "full");
    comes_from_htmx(request) && !is_full
}

/// Returns true if htmx asks, for a part or for the whole.
pub(crate) fn comes_from_htmx(request: &HttpRequest) -> bool {
    request.headers().contains_key("hx-request")
}

/// Returns the path and query of the page that the request comes from, as htmx reports it.
pub(crate) fn current_path(request: &HttpRequest) -> Option<String> {
    let url = request.headers().get("hx-current-url")?.to_str().ok()?;
    let uri: actix_web::http::Uri = url.parse().ok()?;
    uri.path_and_query().map(|path| path.as_str().to_owned())
}

/// Returns true if htmx wants the last cell of a row, where the action was asked for.
pub(crate) fn is_of_row(request: &HttpRequest) -> bool {
    is_htmx(request) && request.headers().get("hx-target").is_some_and(|target| target == "td")
}

/// Returns true if the request comes from the page of the bans of all jails.
pub(crate) fn is_from_all_bans(request: &HttpRequest) -> bool {
    current_path(request).is_some_and(|path| path.split('?').next() == Some("/bans"))
}

/// Header that an open page sends when it polls: nobody is there, so it does not count as use of
/// the session.
pub(crate) const POLL: &str = "x-poll";

/// Returns true if a page polls.
pub(crate) fn is_poll(headers: &header::HeaderMap) -> bool {
    headers.contains_key(POLL)
}
