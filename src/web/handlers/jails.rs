//! `/jails`: every jail and its figures.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::jail::{JailName, JailSummaries, JailSummary, Reading};
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
    jails: Arc<JailSummaries>,
    /// Jails that the configuration would start and that do not run.
    stopped: Reading<Vec<JailName>>,
    /// Jails that were put to rest from here.
    idle: Vec<JailName>,
    work: WorkState,
}

impl JailsPage {
    /// How many bans hold in all jails; `None` where a jail's figures are not known.
    fn banned(&self) -> Option<u64> {
        let banned = |jail: &JailSummary| jail.status.as_ref().ok().map(|status| status.banned_now);
        let known: Option<u64> = self.jails().iter().map(banned).sum();
        known.filter(|_| self.jails.unusable.is_empty())
    }

    /// The jails that can be asked about.
    fn jails(&self) -> &[JailSummary] {
        &self.jails.jails
    }

    /// The labels of the cells that say nothing about a stopped jail.
    fn columns(&self) -> Vec<&'static str> {
        let mut labels = vec![
            "Banned now",
            "Banned in all",
            "Failing now",
            "Failed in all",
            "Ban time",
            "Find time",
            "Retries",
        ];
        if self.tells_backends() {
            labels.push("Backend");
        }
        labels
    }

    fn stopped(&self) -> &[JailName] {
        self.stopped.as_deref().unwrap_or_default()
    }

    /// Whether the daemon tells the jails' backends at all.
    fn tells_backends(&self) -> bool {
        self.jails().iter().any(|jail| jail.backend.is_some())
    }
}

async fn read(page: Page, state: &State) -> Result<JailsPage, Error> {
    page.require_daemon()?;
    let jails = state.jails.jails(page.freshness).await?;
    let names: Vec<JailName> = jails.jails.iter().map(|jail| jail.name.clone()).collect();
    let stopped = state.jails.stopped_jails(&names).await;
    let idle = names.into_iter().filter(|jail| state.jails.idle(jail) == Some(true)).collect();
    Ok(JailsPage { page, jails, stopped, idle, work: state.jails.work() })
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
