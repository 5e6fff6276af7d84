//! Reload of one jail and of all, and restart of the daemon.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::jail::JailName;
use crate::domain::reload::{PlanDigest, PlanDigestError};
use crate::jail_service::{Job, Preview};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::form::Fields;
use crate::web::extract::{htmx, jail_name};
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::server;
use crate::web::problem::error::Error;
use crate::web::reply;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::messages::job::{job_title, would_end};
use crate::web::view::page::{Page, account_name};
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, fragment, messages};

/// How long the answer to htmx waits for the end: long enough for what fails at once. The picture of
/// the work asks on by itself.
const HTMX_WAIT: Duration = Duration::from_millis(150);
/// How long a whole page waits for the end, so that quick work needs no second look.
const PAGE_WAIT: Duration = Duration::from_millis(2500);

/// What a reload would do, before it is asked for.
#[derive(Template)]
#[template(path = "server/reload.html")]
struct ReloadPage {
    page: Page,
    title: String,
    jail: Option<JailName>,
    base: String,
    action: String,
    outlook: Outlook,
}

/// The plan, or why there is none.
enum Outlook {
    Plan { words: PlanWords, digest: PlanDigest },
    Refused { reason: String, output: String },
}

impl Outlook {
    fn of_preview(preview: Preview) -> Self {
        match preview {
            Preview::Planned { plan, digest } => Self::Plan { words: PlanWords::planned(&plan), digest },
            Preview::Refused(outcome) => {
                let (reason, output) = would_end(&outcome);
                Self::Refused { reason, output }
            }
        }
    }
}

/// Where a form for `job` is sent.
pub(crate) fn path_of(job: &Job) -> String {
    match job {
        Job::ReloadAll => "/server/reload".to_owned(),
        Job::Restart => "/server/restart".to_owned(),
        Job::ReloadJail(jail) => format!("{}/reload", jail_path(jail)),
        Job::StartJail(jail) => format!("{}/start", jail_path(jail)),
        Job::RestartJail(jail) => format!("{}/restart", jail_path(jail)),
    }
}

/// The plan that a form agrees to, where it names one.
pub(crate) fn confirmed(fields: &Fields) -> Result<Option<PlanDigest>, Error> {
    let plan = fields.first("plan").map(str::parse).transpose();
    plan.map_err(|error: PlanDigestError| Error::BadInput(messages::explain(&error)))
}

async fn outlook(page: Page, state: &State, job: Job, base: String) -> Result<HttpResponse, Error> {
    page.require_daemon()?;
    let outlook = Outlook::of_preview(state.jails.preview(&job).await?);
    let (title, action, jail) = (job_title(&job), path_of(&job), job.jail().cloned());
    fragment::full_page(&ReloadPage { page, title, jail, base, action, outlook }, StatusCode::OK)
}

/// `GET /jails/{jail}/reload`.
pub(crate) async fn ask_jail(
    page: Page,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let jail = jail_name::parse_jail_name(&path)?;
    let back = jail_path(&jail);
    outlook(page, &state, Job::ReloadJail(jail), back).await
}

/// `GET /server/reload`.
pub(crate) async fn ask_all(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    outlook(page, &state, Job::ReloadAll, "/server".to_owned()).await
}

/// `POST /jails/{jail}/reload`.
pub(crate) async fn jail(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, jail, fields, .. } = post;
    let back = jail_path(&jail);
    state.jails.reload(Some(jail), confirmed(&fields)?, account_name(&page)?).await?;
    job_response(&request, page, &state, &back).await
}

/// `POST /server/reload`.
pub(crate) async fn all(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    state.jails.reload(None, confirmed(&Fields::parse(&body))?, account_name(&page)?).await?;
    job_response(&request, page, &state, "/server").await
}

/// `POST /server/restart`.
pub(crate) async fn restart(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    state.jails.restart(confirmed(&Fields::parse(&body))?, account_name(&page)?).await?;
    job_response(&request, page, &state, "/server").await
}

/// The picture of the work: for htmx alone, otherwise on the page where it was asked for.
pub(crate) async fn job_response(
    request: &HttpRequest,
    page: Page,
    state: &State,
    back: &str,
) -> Result<HttpResponse, Error> {
    let is_htmx = htmx::is_htmx(request);
    state.jails.wait_for_job(if is_htmx { HTMX_WAIT } else { PAGE_WAIT }).await;
    if is_htmx {
        return Ok(reply::note_started(
            server::show::job_progress(page, state)?.into_response(StatusCode::OK),
        ));
    }
    Ok(reply::note_started(see_other(back)))
}
