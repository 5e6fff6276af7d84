//! `POST /jails/{jail}/ignore`, `/ignore/remove`, `/ignore/unkeep` and `/ignore-self`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::Zoned;
use jiff::civil::Date;

use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::jail_service::{Ignored, Keep, Unignored};
use crate::web::ban_query::{BanParams, jail_path};
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::fragment::{self, Fragment};
use crate::web::page::{Flash, Page};
use crate::web::server::State;
use crate::web::{format, session};

use super::ignore_card::{AddForm, AskRemove, Field, IgnoreCard};
use super::jail::{JailPage, name};
use super::login::see_other;
use super::reload::by;

/// What every one of these handlers answers with.
struct Asked<'a> {
    request: &'a HttpRequest,
    page: Page,
    state: &'a State,
    session: &'a Session,
    jail: JailName,
}

/// Puts what the field `ip` names on the list; with `keep=yes` it is kept, with the `note` and up to
/// the day `until`.
pub(in crate::web) async fn add(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    params: Query<BanParams>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let asked = Asked { request: &request, page, state: &state, session: &session, jail: name(&path)? };
    let form = AddForm::read(&Fields::read(&body)?);
    let (entry, keep) = match understood(&form) {
        Ok(understood) => understood,
        Err(mistake) => {
            let form = AddForm { mistake: Some(mistake), ..form };
            return again(asked, &params, |card| card.form = form).await;
        }
    };
    let done = state.jails.ignore(&asked.jail, &entry, keep.clone(), by(&asked.page)?).await?;
    let words = added(&entry, &asked.jail, done, keep.as_ref());
    answer(asked, Flash::good(words)).await
}

/// Takes what the field `ip` names off the list, and keeps it no more. What contains the address that
/// one comes from, only with `confirmed=yes`.
pub(in crate::web) async fn remove(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    params: Query<BanParams>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let asked = Asked { request: &request, page, state: &state, session: &session, jail: name(&path)? };
    let fields = Fields::read(&body)?;
    let entry = entry_of(&fields)?;
    if fields.first("confirmed") != Some("yes")
        && let Some(client) = asked.page.client
        && state.jails.is_ignored_through(&entry, client).await
        && state.jails.lists_ignored(&asked.jail, &entry).await?
    {
        let ask = AskRemove { name: entry, client };
        return again(asked, &params, |card| card.ask = Some(ask)).await;
    }
    let done = state.jails.unignore(&asked.jail, &entry, by(&asked.page)?).await?;
    let flash = removed(&entry, &asked.jail, done);
    answer(asked, flash).await
}

/// Keeps what the field `ip` names no more; it stays on the list until fail2ban forgets it.
pub(in crate::web) async fn unkeep(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let asked = Asked { request: &request, page, state: &state, session: &session, jail: name(&path)? };
    let entry = entry_of(&Fields::read(&body)?)?;
    state.jails.jail(&asked.jail).await?;
    let was_kept = state.jails.unkeep_ignored(&asked.jail, &entry, by(&asked.page)?).await?;
    let flash = if was_kept {
        Flash::good(format!("{entry} is kept no more: it is lost at the next reload or restart."))
    } else {
        Flash::bad(format!("{entry} was not kept in {}. Nothing was changed.", asked.jail))
    };
    answer(asked, flash).await
}

/// Makes the jail ignore the machine's own addresses, or not, as the field `on` says.
pub(in crate::web) async fn ignore_self(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let asked = Asked { request: &request, page, state: &state, session: &session, jail: name(&path)? };
    let on = match Fields::read(&body)?.first("on") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Error::BadInput("The form says neither on nor off.".to_owned())),
    };
    state.jails.set_ignore_self(&asked.jail, on, by(&asked.page)?).await?;
    let how = if on { "now ignores" } else { "no longer ignores" };
    let words = format!("{} {how} the addresses of its own machine.", asked.jail);
    answer(asked, Flash::good(words)).await
}

fn entry_of(fields: &Fields) -> Result<String, Error> {
    match fields.first("ip").map(str::trim) {
        Some(entry) if !entry.is_empty() => Ok(entry.to_owned()),
        _ => Err(Error::BadInput("The form names no entry.".to_owned())),
    }
}

/// Reads the form, or says which field is wrong and why.
fn understood(form: &AddForm) -> Result<(IgnoreEntry, Option<Keep>), (Field, String)> {
    let entry = form.written.parse().map_err(|error| wrong(Field::Entry, &error))?;
    if !form.keep {
        return Ok((entry, None));
    }
    let note = form.note.parse().map_err(|error| wrong(Field::Note, &error))?;
    let until = match form.until.trim() {
        "" => None,
        text => Some(last_day(text).map_err(|reason| (Field::Until, reason))?),
    };
    Ok((entry, Some(Keep { note, until })))
}

fn wrong(field: Field, error: &dyn std::fmt::Display) -> (Field, String) {
    (field, error.to_string())
}

fn last_day(text: &str) -> Result<Date, String> {
    let day: Date = text.parse().map_err(|_| "Write the day like 2026-12-31.".to_owned())?;
    if day < Zoned::now().date() { Err("That day has passed.".to_owned()) } else { Ok(day) }
}

/// What was done.
fn added(entry: &IgnoreEntry, jail: &JailName, done: Ignored, keep: Option<&Keep>) -> String {
    let is = if done.newly { "is now ignored" } else { "is on the ignore list already" };
    let lasts = match keep.map(|keep| keep.until.as_ref()) {
        Some(None) => " BanGUI puts it back after every reload and restart.".to_owned(),
        Some(Some(until)) => format!(
            " BanGUI puts it back after every reload and restart, until the end of {}.",
            format::day(until)
        ),
        None if done.newly => " The next reload or restart loses it, unless you keep it below.".to_owned(),
        None => String::new(),
    };
    let banned = if done.still_banned {
        " It is still banned here: ignoring lifts no ban, so unban it as well."
    } else {
        ""
    };
    format!("{entry} {is} in {jail}.{lasts}{banned}")
}

fn removed(entry: &str, jail: &JailName, done: Unignored) -> Flash {
    match (done.was_listed, done.was_kept) {
        (true, true) => Flash::good(format!("{entry} is no longer ignored in {jail}, and no longer kept.")),
        (true, false) => Flash::good(format!(
            "{entry} is no longer ignored in {jail}. If the configuration names it, the next reload brings it back."
        )),
        (false, true) => Flash::good(format!("{entry} was not in force in {jail}, and is no longer kept.")),
        (false, false) => {
            Flash::bad(format!("{entry} is not on the ignore list of {jail}. Nothing was changed."))
        }
    }
}

/// The card, or the page, with what is to be said in the card, and 422: nothing was done.
async fn again(
    asked: Asked<'_>,
    params: &BanParams,
    tell: impl FnOnce(&mut IgnoreCard),
) -> Result<HttpResponse, Error> {
    let Asked { request, page, state, jail, .. } = asked;
    let mut shown = JailPage::read(page, state, jail, params).await?;
    tell(&mut shown.ignores);
    if fragment::is_htmx(request) {
        let card = Fragment::new(shown.ignores.render()?);
        return Ok(card.answer(StatusCode::UNPROCESSABLE_ENTITY));
    }
    fragment::whole(&shown, StatusCode::UNPROCESSABLE_ENTITY)
}

/// What was done: for htmx the card, otherwise back to the page.
async fn answer(asked: Asked<'_>, flash: Flash) -> Result<HttpResponse, Error> {
    let Asked { request, page, state, session, jail } = asked;
    if !fragment::is_htmx(request) {
        session::leave_flash(session, &flash)?;
        return Ok(see_other(&jail_path(&jail)));
    }
    let mut card = IgnoreCard::read(&page, state, &jail).await;
    card.said = Some(flash);
    Ok(Fragment::new(card.render()?).and_daemon(&page)?.answer(StatusCode::OK))
}
