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
    Ok(keep(client, &form, &[(COOKIE, theme.as_ref())]))
}

/// Keeps each choice in a cookie, and goes back to the page that the form names.
pub(super) fn keep(client: Client, form: &Form, choices: &[(&str, &str)]) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, safe_redirect(form.first("next"))));
    for (name, value) in choices {
        let cookie = Cookie::build(*name, *value)
            .path("/")
            .http_only(true)
            .secure(client.is_secure)
            .same_site(SameSite::Strict)
            .max_age(time::Duration::days(365));
        response.cookie(cookie.finish());
    }
    response.finish()
}
