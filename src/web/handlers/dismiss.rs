//! Closing a result, for this session.

use actix_web::HttpRequest;

use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session;
use crate::web::session::dismissed::{Shown, dismiss};
use crate::web::view::fragment::Fragment;

/// `POST /server/work/dismiss`.
pub(crate) async fn work(request: HttpRequest, form: Form) -> Result<Reply, Error> {
    close(&request, &form, Shown::Work, "work").await
}

/// `POST /bans/work/dismiss`.
pub(crate) async fn bulk(request: HttpRequest, form: Form) -> Result<Reply, Error> {
    close(&request, &form, Shown::Bulk, "bulk").await
}

async fn close(request: &HttpRequest, form: &Form, shown: Shown, id: &str) -> Result<Reply, Error> {
    dismiss(&session::session_of(request), shown, form.value("ended")?)?;
    let part = async { Ok(Fragment::new(format!("<div id=\"{id}\"></div>"))) };
    Reply::done(safe_redirect(form.first("next"))).or_part(request, part).await
}
