//! `POST /theme`: light, dark, or as the system has it; kept in a cookie of the browser.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::LOCATION;
use actix_web::web::Form;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use strum::{AsRefStr, Display, EnumString};

use crate::web::client::Client;
use crate::web::session::safe_next;

const COOKIE: &str = "bangui_theme";

/// The colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, AsRefStr, Display, EnumString)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(in crate::web) enum Theme {
    /// As the system has it.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme that the browser's cookie names.
    pub(in crate::web) fn of(request: &HttpRequest) -> Self {
        request.cookie(COOKIE).and_then(|cookie| cookie.value().parse().ok()).unwrap_or(Self::System)
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Choice {
    theme: Theme,
    next: Option<String>,
}

/// Keeps the choice and goes back to where it was made.
pub(in crate::web) async fn choose(client: Client, form: Form<Choice>) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, form.theme.as_ref())
        .path("/")
        .http_only(true)
        .secure(client.is_secure)
        .same_site(SameSite::Strict)
        .max_age(time::Duration::days(365))
        .finish();
    HttpResponse::SeeOther()
        .cookie(cookie)
        .insert_header((LOCATION, safe_next(form.next.as_deref())))
        .finish()
}
