//! `POST /theme`: light, dark, or as the system has it; kept in a cookie of the browser.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::LOCATION;
use actix_web::web::Form;
use serde::Deserialize;

use crate::web::extract::client::Client;
use crate::web::reply::safe_redirect;
use crate::web::view::theme::{COOKIE, Theme};

#[derive(Deserialize)]
pub(crate) struct Choice {
    theme: Theme,
    next: Option<String>,
}

/// Keeps the choice and goes back to where it was made.
pub(crate) async fn choose(client: Client, form: Form<Choice>) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, form.theme.as_ref())
        .path("/")
        .http_only(true)
        .secure(client.is_secure)
        .same_site(SameSite::Strict)
        .max_age(time::Duration::days(365))
        .finish();
    HttpResponse::SeeOther()
        .cookie(cookie)
        .insert_header((LOCATION, safe_redirect(form.next.as_deref())))
        .finish()
}
