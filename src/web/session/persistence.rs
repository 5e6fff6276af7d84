//! Lifetime of the session's cookie: the browser keeps it when it is closed only where the user
//! asked for the device to be remembered.

use actix_session::SessionExt;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;

use super::store::REMEMBERED;

/// Mark on a request whose session belongs to a device that is to be remembered.
struct Remembered;

/// Notes whether the device is to be remembered, while the session can still be read.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn note_remembered(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?;
    if matches!(response.request().get_session().get::<bool>(REMEMBERED), Ok(Some(true))) {
        response.request().extensions_mut().insert(Remembered);
    }
    Ok(response)
}

/// Takes the end away from the session's cookie, so that the browser forgets it when it is closed,
/// unless the device is remembered. The session itself ends by its limits in either case.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn expire_with_browser(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if response.request().extensions().contains::<Remembered>() {
        return Ok(response);
    }
    let lasting = |cookie: &Cookie<'_>| {
        // An empty one tells the browser to drop it at once.
        cookie.name().ends_with("bangui_session") && !cookie.value().is_empty() && cookie.max_age().is_some()
    };
    let found = response.response().cookies().find(lasting).map(Cookie::into_owned);
    if let Some(mut cookie) = found {
        cookie.set_max_age(None);
        cookie.set_expires(None);
        let lasting_no_more = HeaderValue::from_str(&cookie.encoded().to_string())?;
        response.response_mut().del_cookie(cookie.name());
        response.headers_mut().append(SET_COOKIE, lasting_no_more);
    }
    Ok(response)
}
