//! Starting, ending, restarting one jail, and letting it rest.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::domain::jail::JailName;
use crate::jail_service::{StopEffect, Stopped};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::job_reply::job_reply;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, see_other};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::jail_part::JailPart;
use crate::web::view::messages::action_failures;
use crate::web::view::messages::action_failures::Operation;
use crate::web::view::messages::unstartable;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

use super::show::JailPage;

/// The question before a jail is ended.
#[derive(Template)]
#[template(path = "jails/stop.html")]
struct StopPage {
    page: Page,
    jail: JailName,
    base: String,
    effect: StopEffect,
}

impl StopPage {
    fn bans(&self) -> String {
        match self.effect.bans {
            Ok(1) => "1 ban is".to_owned(),
            Ok(bans) => format!("{} bans are", format::number(bans)),
            Err(_) => "bans (their number could not be read) are".to_owned(),
        }
    }
}

/// `POST /jails/{jail}/start`.
pub(crate) async fn start(post: JailForm) -> Result<Reply, Error> {
    let JailForm { request, page, state, user, jail, form, .. } = post;
    let base = jail_path(&jail);
    if !state.jails.start(&jail, form.optional("plan")?, user.name()).await? {
        return Ok(Reply::with_message(base, Flash::good(format!("{jail} is already running."))));
    }
    job_reply(&request, page, &state, &base).await
}

/// `GET /jails/{jail}/stop`.
pub(crate) async fn ask_stop(
    page: Page,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let jail = parse_jail_name(&path)?;
    page.require_daemon()?;
    let base = jail_path(&jail);
    match state.jails.stop_effect(&jail).await? {
        Some(effect) => fragment::full_page(&StopPage { page, jail, base, effect }, StatusCode::OK),
        None => Ok(see_other(&base)),
    }
}

/// `POST /jails/{jail}/stop`.
pub(crate) async fn stop(post: JailForm) -> Result<Reply, Error> {
    let JailForm { state, user, jail, .. } = post;
    let message = match state.jails.stop(&jail, user.name()).await? {
        Some(stopped) => stop_message(&jail, &stopped),
        None => Flash::good(format!("{jail} was already stopped.")),
    };
    Ok(Reply::with_message(jail_path(&jail), message))
}

fn stop_message(jail: &JailName, stopped: &Stopped) -> Flash {
    let done = format!("{jail} is stopped.");
    let flash = action_failures::flash(done, Operation::Unban, &stopped.failures, 0);
    match &stopped.unstartable {
        None => flash,
        Some(why) => {
            let lost = format!("{} {}", messages::explain(why), unstartable::what_to_do(why));
            Flash { warns: true, text: format!("{} {lost}", flash.text), ..flash }
        }
    }
}

/// `POST /jails/{jail}/idle`, with the field `on`.
pub(crate) async fn idle(post: JailForm) -> Result<Reply, Error> {
    let JailForm { request, mut page, state, jail, params, form, .. } = post;
    let message = if state.jails.set_idle(&jail, form.value("on")?).await? {
        Flash::good(format!("{jail} is idle: it ignores its log and makes no new bans."))
    } else {
        Flash::good(format!("{jail} is no longer idle."))
    };
    let reply = Reply::with_message(JailPart::Control.path(&jail), message);
    let part = async {
        page.look_again(&state).await;
        let shown = JailPage::load(page, &state, jail, &params).await?;
        let (actions, badge) = (shown.as_actions().render()?, shown.as_badge().render()?);
        Fragment::new(actions).and("badge", &badge).and_daemon(&shown.page)
    };
    reply.or_part(&request, part).await
}
