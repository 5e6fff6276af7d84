//! A page that leads on by itself. What a browser opens from it comes from BanGUI, whatever site led to it: then it sends the
//! cookies (`SameSite=Strict`) that it sends neither with what another site leads to, nor with what that is redirected to.

use actix_web::HttpResponse;
use actix_web::http::header::{ContentType, REFRESH};
use askama::Template;

use super::assets;

#[derive(Template)]
#[template(path = "account/lead_on.html")]
struct LeadOn<'a> {
    there: &'a str,
}

/// The page that leads to the path `there`.
///
/// # Errors
/// When it cannot be rendered.
pub(crate) fn lead_on(there: &str) -> Result<HttpResponse, askama::Error> {
    let html = LeadOn { there }.render()?;
    let refresh = (REFRESH, format!("0; url={there}"));
    Ok(HttpResponse::Ok().insert_header(ContentType::html()).insert_header(refresh).body(html))
}
