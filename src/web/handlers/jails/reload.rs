//! Reload of one jail and of all, and restart of the daemon.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::jail::JailName;
use crate::domain::reload::PlanDigest;
use crate::jail_service::{Job, Preview};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::jail_name;
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::job_reply::job_reply;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::state::State;
use crate::web::view::job_progress::path_of;
use crate::web::view::messages::job::{job_title, would_end};
use crate::web::view::page::Page;
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, fragment};

/// Page with the effect of a reload, before it is asked for.
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
pub(super) enum Outlook {
    Plan { words: PlanWords, digest: PlanDigest },
    Refused { reason: String, output: String },
}

impl Outlook {
    pub(super) fn of_preview(preview: Preview) -> Self {
        match preview {
            Preview::Planned { plan, digest } => Self::Plan { words: PlanWords::planned(&plan), digest },
            Preview::Refused(outcome) => {
                let (reason, output) = would_end(&outcome);
                Self::Refused { reason, output }
            }
        }
    }
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
pub(crate) async fn jail(post: JailForm) -> Result<Reply, Error> {
    let JailForm { request, page, state, user, jail, form, .. } = post;
    let back = jail_path(&jail);
    state.jails.reload(Some(jail), form.optional("plan")?, user.name()).await?;
    job_reply(&request, page, &state, &back).await
}

/// `POST /server/reload`.
pub(crate) async fn all(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    state.jails.reload(None, form.optional("plan")?, user.name()).await?;
    // Where it was asked for.
    let back = if form.first("next") == Some("/jails") { "/jails" } else { "/server" };
    job_reply(&request, page, &state, back).await
}
