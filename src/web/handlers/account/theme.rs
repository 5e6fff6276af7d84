//! `POST /theme`: light, dark, or as the system has it; kept in a cookie of the browser.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::LOCATION;

use crate::web::extract::client::Client;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::safe_redirect;
use crate::web::view::theme::{COOKIE, Theme};

/// Keeps the choice and goes back to where it was made.
pub(crate) async fn choose(client: Client, form: Form) -> Result<HttpResponse, Error> {
    let theme: Theme = form.value("theme")?;
    let cookie = Cookie::build(COOKIE, theme.as_ref())
        .path("/")
        .http_only(true)
        .secure(client.is_secure)
        .same_site(SameSite::Strict)
        .max_age(time::Duration::days(365))
        .finish();
    let next = safe_redirect(form.first("next"));
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, next)).finish())
}
