//! Restart of fail2ban and of a jail, which ask first; and the start of a fail2ban that does not run.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::jail::JailName;
use crate::jail_service::{Job, RestartEffect};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::job_reply::{job_reply, progress_reply};
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

use super::reload::Outlook;

/// The question before a restart.
#[derive(Template)]
#[template(path = "server/ask_restart.html")]
struct RestartPage {
    page: Page,
    /// The jail; `None` for fail2ban itself.
    jail: Option<JailName>,
    base: String,
    /// What is restarted, in words.
    what: String,
    effect: RestartEffect,
    outlook: Outlook,
}

impl RestartPage {
    /// Says what becomes of the bans.
    fn bans(&self) -> String {
        let number = match (&self.effect.bans, &self.jail) {
            (Ok(0), _) => return "There are no bans now.".to_owned(),
            (Ok(1), _) => "1 ban is".to_owned(),
            (Ok(bans), _) => format!("{} bans are", format::number(bans)),
            (Err(_), _) => "Bans (their number could not be read) are".to_owned(),
        };
        match &self.effect.kept {
            Ok(true) => {
                format!("{number} lifted, and restored from fail2ban’s database for the time that is left.")
            }
            Ok(false) => format!("{number} lifted and will not come back: this fail2ban has no database."),
            Err(_) => format!("{number} lifted. Whether fail2ban restores them is unknown."),
        }
    }
}

async fn ask(page: Page, state: &State, jail: Option<JailName>) -> Result<HttpResponse, Error> {
    page.require_daemon()?;
    let effect = state.jails.restart_effect(jail.as_ref(), page.freshness).await?;
    let job = jail.clone().map_or(Job::Restart, Job::RestartJail);
    let outlook = Outlook::of_preview(state.jails.preview(&job).await?);
    let what = jail.as_ref().map_or_else(|| "fail2ban".to_owned(), format::shown);
    let base = jail.as_ref().map_or_else(|| "/server".to_owned(), jail_path);
    fragment::full_page(&RestartPage { page, jail, base, what, effect, outlook }, StatusCode::OK)
}

/// `GET /server/restart`.
pub(crate) async fn ask_daemon(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    ask(page, &state, None).await
}

/// `GET /jails/{jail}/restart`.
pub(crate) async fn ask_jail(
    page: Page,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let jail = parse_jail_name(&path)?;
    ask(page, &state, Some(jail)).await
}

/// `POST /jails/{jail}/restart`.
pub(crate) async fn jail(post: JailForm) -> Result<Reply, Error> {
    let JailForm { request, page, state, user, jail, form, .. } = post;
    state.jails.restart_jail(&jail, form.optional("plan")?, user.name()).await?;
    job_reply(&request, page, &state, &jail_path(&jail)).await
}

/// `POST /server/restart`.
pub(crate) async fn daemon(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    state.jails.restart(form.optional("plan")?, user.name()).await?;
    progress_reply(&request, page, &state, "/server").await
}

/// `POST /server/start`.
pub(crate) async fn start(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
) -> Result<Reply, Error> {
    if !state.jails.start_daemon(user.name()).await? {
        return Ok(Reply::with_message("/server", Flash::good("fail2ban is already running.")));
    }
    progress_reply(&request, page, &state, "/server").await
}
