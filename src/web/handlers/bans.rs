//! `POST /jails/{jail}/ban` and `/unban`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use askama::Template;

use crate::domain::address::{Target, parse_targets};
use crate::domain::jail::JailName;
use crate::web::audit;
use crate::web::ban_query::{BanParams, jail_path, to_url};
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::fragment::{self, Fragment};
use crate::web::page::{Flash, Page};
use crate::web::server::State;
use crate::web::{format, session};

use super::jail::{Ask, BanForm, JailPage, name};
use super::login::see_other;

/// Bans what the field `ip` names, once or several times.
pub(in crate::web) async fn ban(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    params: Query<BanParams>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let jail = name(&path)?;
    let fields = Fields::read(&body)?;
    let written = fields.all("ip").collect::<Vec<_>>().join(" ");
    let targets = match parse_targets(&written) {
        Ok(targets) => targets,
        Err(error) => {
            let form = BanForm { written, mistake: Some(error.to_string()), ask: None };
            return form_again(&request, page, &state, jail, &params, form).await;
        }
    };
    if fields.first("confirmed") != Some("yes")
        && let Some(ask) = locks_out(&targets, &request)
    {
        let form = BanForm { written: words(&targets), mistake: None, ask: Some(ask) };
        return form_again(&request, page, &state, jail, &params, form).await;
    }
    let newly = state.jails.ban(&jail, &targets).await?;
    let flash = Flash::good(banned(&targets, newly, &jail));
    answer(&request, page, &state, &session, jail, &params, &flash).await
}

/// Lifts the bans that the field `ip` names, once or several times.
pub(in crate::web) async fn unban(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    params: Query<BanParams>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let jail = name(&path)?;
    let names: Vec<String> = Fields::read(&body)?.all("ip").map(str::to_owned).collect();
    if names.is_empty() {
        return Err(Error::BadInput("The form names no address.".to_owned()));
    }
    let lifted = state.jails.unban(&jail, &names).await?;
    let flash = match lifted.as_slice() {
        [] => Flash::bad(format!("{} was not banned in {jail}. Nothing was changed.", names.join(", "))),
        lifted => Flash::good(format!("{} no longer banned in {jail}.", are(lifted)))
            .with_undo(lifted.iter().map(|banned| (&jail, banned))),
    };
    answer(&request, page, &state, &session, jail, &params, &flash).await
}

/// The first of `targets` that would lock out who asks.
fn locks_out(targets: &[Target], request: &HttpRequest) -> Option<Ask> {
    let client = request.peer_addr()?.ip().to_canonical();
    targets.iter().find(|target| target.contains(client)).map(|target| Ask { target: *target, client })
}

/// The form as it was sent, with what is to be said about it, and 422: nothing was done.
async fn form_again(
    request: &HttpRequest,
    page: Page,
    state: &State,
    jail: JailName,
    params: &BanParams,
    form: BanForm,
) -> Result<HttpResponse, Error> {
    let mut shown = JailPage::read(page, state, jail, params).await?;
    let why = form.mistake.clone();
    shown.form = form;
    let response = if fragment::is_htmx(request) {
        Fragment::new(shown.as_ban_form().render()?).answer(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        fragment::whole(&shown.with_settings(state).await?, StatusCode::UNPROCESSABLE_ENTITY)?
    };
    let why = why.as_deref().unwrap_or("It was asked first: it bans the address that the request came from.");
    Ok(audit::refused(response, why))
}

/// What was done: for htmx the parts that changed, otherwise back to the page.
async fn answer(
    request: &HttpRequest,
    page: Page,
    state: &State,
    session: &Session,
    jail: JailName,
    params: &BanParams,
    flash: &Flash,
) -> Result<HttpResponse, Error> {
    if !fragment::is_htmx(request) {
        session::leave_flash(session, flash)?;
        return Ok(see_other(&format!("{}{}", jail_path(&jail), to_url(&params.read()?))));
    }
    let shown = JailPage::read(page, state, jail, params).await?;
    let fragment = shown.fragment()?.and_undo(flash, &shown.page, &shown.url())?;
    let form = shown.as_ban_form().render()?;
    Ok(fragment.and_anew("ban-form", &form).answer(StatusCode::OK))
}

/// All of them, with commas.
pub(super) fn words<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The subject of a sentence: up to five by name, more by number.
pub(super) fn are<T: ToString>(items: &[T]) -> String {
    match items {
        [one] => format!("{} is", one.to_string()),
        few if few.len() <= 5 => format!("{} are", words(few)),
        many => format!("{} addresses are", format::number(many.len())),
    }
}

fn banned(targets: &[Target], newly: u64, jail: &JailName) -> String {
    match (targets.len() as u64, newly) {
        (all, newly) if all == newly => format!("{} now banned in {jail}.", are(targets)),
        (_, 0) => format!("{} banned in {jail} already.", are(targets)),
        (all, newly) => format!(
            "{} of {} are newly banned in {jail}, the others were already.",
            format::number(newly),
            format::number(all)
        ),
    }
}
