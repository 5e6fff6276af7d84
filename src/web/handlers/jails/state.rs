//! Starting, ending, restarting one jail, and letting it rest.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::jail::JailName;
use crate::jail_service::StopEffect;
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::htmx;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::handlers::jail_post::JailForm;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::action_failures::Deed;
use crate::web::view::fragment::Fragment;
use crate::web::view::page::Page;
use crate::web::view::{action_failures, assets, format, fragment, messages, page};

use super::reload;
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
            Err(_) => "bans, of which the number could not be read, are".to_owned(),
        }
    }
}

/// `POST /jails/{jail}/start`.
pub(crate) async fn start(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, session, jail, fields, .. } = post;
    let base = jail_path(&jail);
    if !state.jails.start(&jail, reload::confirmed(&fields)?, page::account_name(&page)?).await? {
        let flash = Flash::good(format!("{jail} runs already."));
        return message_response(&request, &session, &flash, &base);
    }
    reload::job_response(&request, page, &state, &base).await
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
pub(crate) async fn stop(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { request, state, session, jail, .. } = post;
    let flash = match state.jails.stop(&jail).await? {
        Some(failures) => {
            let done = format!("{jail} is stopped.");
            action_failures::flash(done, Deed::Unban, &failures, 0)
        }
        None => Flash::good(format!("{jail} was stopped already.")),
    };
    message_response(&request, &session, &flash, &jail_path(&jail))
}

/// `POST /jails/{jail}/restart`.
pub(crate) async fn restart(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, jail, fields, .. } = post;
    state.jails.restart_jail(&jail, reload::confirmed(&fields)?, page::account_name(&page)?).await?;
    reload::job_response(&request, page, &state, &jail_path(&jail)).await
}

/// `POST /jails/{jail}/idle`, with the field `on`.
pub(crate) async fn idle(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, session, jail, params, fields } = post;
    let on = match fields.first("on") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Error::BadInput("The form does not say whether the jail is to be idle.".to_owned())),
    };
    let flash = if state.jails.set_idle(&jail, on).await? {
        Flash::good(format!("{jail} is idle: it reads no log and bans nobody by itself."))
    } else {
        Flash::good(format!("{jail} is no longer idle."))
    };
    if !htmx::is_htmx(&request) {
        return message_response(&request, &session, &flash, &jail_path(&jail));
    }
    let shown = JailPage::load(page, &state, jail, &params).await?;
    let fragment = Fragment::new(shown.as_deeds().render()?).and("badge", &shown.as_badge().render()?);
    Ok(fragment.and_flash(&flash)?.into_response(StatusCode::OK))
}

/// Says `flash`: for htmx in the page as it is, otherwise on the page at `back`.
fn message_response(
    request: &HttpRequest,
    session: &Session,
    flash: &Flash,
    back: &str,
) -> Result<HttpResponse, Error> {
    if !htmx::is_htmx(request) {
        session::leave_flash(session, flash)?;
        return Ok(see_other(back));
    }
    let mut answer = Fragment::new(String::new()).and_flash(flash)?.into_response(StatusCode::OK);
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("hx-reswap"),
        actix_web::http::header::HeaderValue::from_static("none"),
    );
    Ok(answer)
}
