//! The arrival by a link on another site. The browser sends no cookie with it, so that nobody is logged in there, and a
//! cookie that is given there replaces that of the session: a page in between gives none and leads on.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;

use crate::web::access::{Access, Route};
use crate::web::extract::{host, htmx};
use crate::web::problem::error::Error;
use crate::web::view::lead_on::lead_on;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// The page that logs in.
const LOGIN: &str = "/login";
/// Mark in its address: nobody is led round in a circle.
const ARRIVED: &str = "arrived=yes";

/// The page in between, where the request of somebody who is not logged in comes from another site: it leads to
/// `login`, or to the login page that was asked for.
pub(crate) fn page(
    request: &ServiceRequest,
    route: Option<&Route>,
    login: &str,
) -> Option<Result<HttpResponse, Error>> {
    let is_login = request.path() == LOGIN;
    let is_public = route.is_some_and(|route| route.access == Access::Public);
    let query = request.query_string();
    let has_arrived = is_login && query.split('&').any(|part| part == ARRIVED);
    if has_arrived || is_public && !is_login || !is_from_another_site(request) {
        return None;
    }
    let login = if is_login { format!("{LOGIN}?{query}") } else { login.to_owned() };
    let there = format!("{login}{}{ARRIVED}", if login.contains('?') { '&' } else { '?' });
    Some(lead_on(&there).map_err(Error::from))
}

/// True of a page that is opened, as the browser tells.
fn is_from_another_site(request: &ServiceRequest) -> bool {
    let is = |name: HeaderName, value| {
        host::only(request.headers(), &name).is_ok_and(|found| found == Some(value))
    };
    request.method() == Method::GET
        && !htmx::comes_from_htmx(request.request())
        && is(SEC_FETCH_SITE, "cross-site")
        && is(SEC_FETCH_DEST, "document")
}
