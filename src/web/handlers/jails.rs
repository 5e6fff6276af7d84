//! `/jails`: every jail and its figures.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::jail::JailSummary;
use crate::jail_service::{Outcome, WorkState};
use crate::web::ban_query;
use crate::web::error::Error;
use crate::web::fragment::{self, Fragment};
use crate::web::page::Page;
use crate::web::server::State;
use crate::web::{assets, format};

use super::login::see_other;

#[derive(Template)]
#[template(path = "jails/jails.html", blocks = ["sum", "table"])]
struct JailsPage {
    page: Page,
    jails: Vec<JailSummary>,
    work: WorkState,
}

impl JailsPage {
    /// How many bans hold in all jails; `None` where a jail's figures are not known.
    fn banned(&self) -> Option<u64> {
        self.jails.iter().map(|jail| jail.status.as_ref().ok().map(|status| status.banned_now)).sum()
    }

    /// Whether the daemon tells the jails' backends at all.
    fn tells_backends(&self) -> bool {
        self.jails.iter().any(|jail| jail.backend.is_some())
    }
}

async fn read(page: Page, state: &State) -> Result<JailsPage, Error> {
    page.require_daemon()?;
    let jails = state.jails.jails().await?;
    Ok(JailsPage { page, jails, work: state.jails.work() })
}

/// `GET /`: for now the jails are the first thing to see.
pub(in crate::web) async fn home() -> HttpResponse {
    see_other("/jails")
}

/// `GET /jails`.
pub(in crate::web) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    fragment::whole(&read(page, &state).await?, StatusCode::OK)
}

/// `GET /jails/table`.
pub(in crate::web) async fn table(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let shown = read(page, &state).await?;
    let fragment = Fragment::new(shown.as_table().render()?).and("sum", &shown.as_sum().render()?);
    Ok(fragment.and_daemon(&shown.page)?.answer(StatusCode::OK))
}
