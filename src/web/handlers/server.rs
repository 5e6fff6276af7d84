//! `/server`: the daemon itself, and what is under way on it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use jiff::Timestamp;

use crate::fail2ban::restart::RestartWay;
use crate::jail_service::{Outcome, WorkState};
use crate::web::error::Error;
use crate::web::fragment::{self, Fragment};
use crate::web::page::{DaemonState, Page};
use crate::web::server::State;
use crate::web::{assets, format};

#[derive(Template)]
#[template(path = "server/server.html")]
struct ServerPage {
    page: Page,
    version: String,
    process: Option<i32>,
    restart: RestartWay,
    work: WorkState,
}

#[derive(Template)]
#[template(path = "server/work.html")]
struct WorkPicture {
    page: Page,
    work: WorkState,
}

impl ServerPage {
    fn no_restart(&self) -> Option<&str> {
        match &self.restart {
            RestartWay::None { reason } => Some(reason),
            RestartWay::Command(_) | RestartWay::Systemd { .. } | RestartWay::ClientProgram => None,
        }
    }

    fn restarter(&self) -> String {
        match &self.restart {
            RestartWay::Command(_) => "the command in BanGUI's configuration".to_owned(),
            RestartWay::Systemd { unit } => format!("systemd, as {unit}"),
            RestartWay::ClientProgram => "fail2ban-client".to_owned(),
            RestartWay::None { .. } => "not from here".to_owned(),
        }
    }
}

/// `GET /server`.
pub(in crate::web) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    page.require_daemon()?;
    let Some(DaemonState::Answers(version)) = page.daemon.clone() else { return Err(Error::NotLoggedIn) };
    let process = state.jails.process_id().await?;
    let restart = state.jails.restart_way().await;
    fragment::whole(&ServerPage { page, version, process, restart, work: state.jails.work() }, StatusCode::OK)
}

/// `GET /server/work`: the picture of what is under way. Comes also while the daemon does not answer.
pub(in crate::web) async fn work(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    Ok(picture(page, &state)?.answer(StatusCode::OK))
}

/// The picture of what is under way, or how it ended.
pub(super) fn picture(mut page: Page, state: &State) -> Result<Fragment, Error> {
    // The request may have waited for the work.
    page.now = Timestamp::now();
    let picture = WorkPicture { page, work: state.jails.work() };
    Fragment::new(picture.render()?).and_daemon(&picture.page)
}
