//! Reload of one jail and of all, and restart of the daemon.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::web::audit;
use crate::web::ban_query::jail_path;
use crate::web::error::Error;
use crate::web::fragment;
use crate::web::page::Page;
use crate::web::server::State;

use super::login::see_other;
use super::{jail, server};

/// How long the answer to htmx waits for the end: long enough for what fails at once. The picture of
/// the work asks on by itself.
const AT_ONCE: Duration = Duration::from_millis(150);
/// How long a whole page waits for the end, so that quick work needs no second look.
const PATIENCE: Duration = Duration::from_millis(2500);

/// `POST /jails/{jail}/reload`.
pub(in crate::web) async fn jail(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let jail = jail::name(&path)?;
    let back = jail_path(&jail);
    state.jails.reload(Some(jail), by(&page)?).await?;
    answer(&request, page, &state, &back).await
}

/// `POST /server/reload`.
pub(in crate::web) async fn all(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
) -> Result<HttpResponse, Error> {
    state.jails.reload(None, by(&page)?).await?;
    answer(&request, page, &state, "/server").await
}

/// `POST /server/restart`.
pub(in crate::web) async fn restart(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
) -> Result<HttpResponse, Error> {
    state.jails.restart(by(&page)?).await?;
    answer(&request, page, &state, "/server").await
}

/// The account that asks.
pub(super) fn by(page: &Page) -> Result<&str, Error> {
    page.account.as_ref().map(|account| account.name.as_str()).ok_or(Error::NotLoggedIn)
}

/// The picture of the work: for htmx alone, otherwise on the page where it was asked for.
pub(super) async fn answer(
    request: &HttpRequest,
    page: Page,
    state: &State,
    back: &str,
) -> Result<HttpResponse, Error> {
    let is_htmx = fragment::is_htmx(request);
    state.jails.work_settled_within(if is_htmx { AT_ONCE } else { PATIENCE }).await;
    if is_htmx {
        return Ok(audit::begun(server::picture(page, state)?.answer(StatusCode::OK)));
    }
    Ok(audit::begun(see_other(back)))
}
