//! `GET /keys`: the keys that `static/keys.js` listens to.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::view::fragment::Fragment;
use crate::web::view::page::Page;
use crate::web::view::preferences::Keys;
use crate::web::view::{assets, fragment};

#[derive(Template)]
#[template(path = "keys.html", blocks = ["list"])]
struct KeysPage {
    page: Page,
    /// True in the dialog over another page.
    is_dialog: bool,
    /// The page to go back to after a change.
    next: String,
}

/// The whole page; for the script the list alone.
pub(crate) async fn page(request: HttpRequest, page: Page) -> Result<HttpResponse, Error> {
    let is_dialog = htmx::is_htmx(&request);
    let next = htmx::current_path(&request).unwrap_or_else(|| "/keys".to_owned());
    let shown = KeysPage { page, is_dialog, next };
    if is_dialog {
        return Ok(Fragment::new(shown.as_list().render()?).into_response(StatusCode::OK));
    }
    fragment::full_page(&shown, StatusCode::OK)
}
