//! `POST /jails/{jail}/ignore`, `/ignore/remove`, `/ignore/unkeep` and `/ignore-self`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use jiff::Zoned;
use jiff::civil::Date;

use crate::domain::ignore::{IgnoreEntry, IgnoreEntryError, NoteError};
use crate::domain::jail::JailName;
use crate::domain::risk::OWN;
use crate::jail_service::{Ignored, KeepRequest, Unignored};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::form::Fields;
use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::flash::Flash;
use crate::web::view::fragment::Fragment;
use crate::web::view::ignore_card::{AddField, AddForm, IgnoreAction, IgnoreCard, IgnoreQuestion};
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::messages::Explain;
use crate::web::view::page::account_name;
use crate::web::view::{format, fragment};
use crate::web::{reply, session};

use super::jail_post::JailForm;
use super::jails::show::JailPage;

/// Puts what the field `ip` names on the list; with `keep=yes` it is kept, with the `note` and up to
/// the day `until`.
pub(crate) async fn add(post: JailForm) -> Result<HttpResponse, Error> {
    let form = AddForm::parse(&post.fields);
    let (entry, keep) = match understood(&form) {
        Ok(understood) => understood,
        Err(mistake) => {
            let form = AddForm { mistake: Some(mistake), ..form };
            return again(post, |card| card.form = form).await;
        }
    };
    let done = post.state.jails.ignore(&post.jail, &entry, keep.clone(), account_name(&post.page)?).await?;
    let words = added(&entry, &post.jail, done, keep.as_ref());
    ignore_card_response(post, Flash::good(words)).await
}

/// Takes what the field `ip` names off the list, and keeps it no more. What could lock somebody out,
/// only where it comes in a field `confirmed` as well.
pub(crate) async fn remove(post: JailForm) -> Result<HttpResponse, Error> {
    let entry = entry_of(&post.fields)?;
    if let Some(question) = dangerous(&post, &entry).await.and_then(|it| it.unless_confirmed(&post.fields)) {
        let would = post.state.jails.would_unignore(&post.jail, &entry).await?;
        if would.was_listed || would.was_kept {
            return ask(post, IgnoreAction::Remove(entry), question).await;
        }
    }
    let done = post.state.jails.unignore(&post.jail, &entry, account_name(&post.page)?).await?;
    let flash = removed(&entry, &post.jail, done);
    ignore_card_response(post, flash).await
}

/// Keeps what the field `ip` names no more; it stays on the list until fail2ban forgets it. Since that
/// ends with its removal, it is asked about like one.
pub(crate) async fn unkeep(post: JailForm) -> Result<HttpResponse, Error> {
    let entry = entry_of(&post.fields)?;
    post.state.jails.require_jail(&post.jail, post.page.freshness).await?;
    if let Some(question) = dangerous(&post, &entry).await.and_then(|it| it.unless_confirmed(&post.fields))
        && post.state.jails.would_unignore(&post.jail, &entry).await?.was_kept
    {
        return ask(post, IgnoreAction::Unkeep(entry), question).await;
    }
    let was_kept = post.state.jails.unkeep_ignored(&post.jail, &entry, account_name(&post.page)?).await?;
    let flash = if was_kept {
        Flash::good(format!("{entry} is kept no more: it is lost at the next reload or restart."))
    } else {
        Flash::bad(format!("{entry} was not kept in {}. Nothing was changed.", post.jail))
    };
    ignore_card_response(post, flash).await
}

/// Makes the jail ignore the machine's own addresses, or not, as the field `on` says. No longer to
/// ignore them is asked about first.
pub(crate) async fn ignore_self(post: JailForm) -> Result<HttpResponse, Error> {
    let on = match post.fields.first("on") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Error::BadInput("The form says neither on nor off.".to_owned())),
    };
    if !on
        && let Some(question) = LockoutQuestion::of_targets(&OWN, post.page.client)
        && let Some(question) = question.unless_confirmed(&post.fields)
    {
        return ask(post, IgnoreAction::IgnoreSelf, question).await;
    }
    post.state.jails.set_ignore_self(&post.jail, on, account_name(&post.page)?).await?;
    let how = if on { "now ignores" } else { "no longer ignores" };
    let words = format!("{} {how} the addresses of its own machine.", post.jail);
    ignore_card_response(post, Flash::good(words)).await
}

/// What is dangerous about ignoring `entry` no more. A host name is judged by the addresses that it has
/// now; where it cannot be looked up it passes.
async fn dangerous(post: &JailForm, entry: &str) -> Option<LockoutQuestion> {
    let targets = post.state.jails.stands_for(entry).await;
    LockoutQuestion::of_entry(entry, &targets, post.page.client)
}

/// Asks before it is done.
async fn ask(post: JailForm, deed: IgnoreAction, question: LockoutQuestion) -> Result<HttpResponse, Error> {
    let why = question.refusal();
    let response = again(post, |card| card.ask = Some(IgnoreQuestion { deed, question })).await?;
    Ok(reply::note_refused(response, &why))
}

fn entry_of(fields: &Fields) -> Result<String, Error> {
    match fields.first("ip").map(str::trim) {
        Some(entry) if !entry.is_empty() => Ok(entry.to_owned()),
        _ => Err(Error::BadInput("The form names no entry.".to_owned())),
    }
}

/// Reads the form, or says which field is wrong and why.
fn understood(form: &AddForm) -> Result<(IgnoreEntry, Option<KeepRequest>), (AddField, String)> {
    let entry = form.written.parse().map_err(|error: IgnoreEntryError| wrong(AddField::Entry, &error))?;
    if !form.keep {
        return Ok((entry, None));
    }
    let note = form.note.parse().map_err(|error: NoteError| wrong(AddField::Note, &error))?;
    let until = match form.until.trim() {
        "" => None,
        text => Some(last_day(text).map_err(|reason| (AddField::Until, reason))?),
    };
    Ok((entry, Some(KeepRequest { note, until })))
}

fn wrong(field: AddField, error: &impl Explain) -> (AddField, String) {
    (field, error.explain())
}

fn last_day(text: &str) -> Result<Date, String> {
    let day: Date = text.parse().map_err(|_| "Write the day like 2026-12-31.".to_owned())?;
    if day < Zoned::now().date() { Err("That day has passed.".to_owned()) } else { Ok(day) }
}

/// What was done.
fn added(entry: &IgnoreEntry, jail: &JailName, done: Ignored, keep: Option<&KeepRequest>) -> String {
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
async fn again(post: JailForm, tell: impl FnOnce(&mut IgnoreCard)) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, jail, params, .. } = post;
    let mut card = IgnoreCard::load(&page, &state, &jail).await;
    tell(&mut card);
    if htmx::is_htmx(&request) {
        return Ok(Fragment::new(card.render()?).into_response(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut shown = JailPage::load(page, &state, jail, &params).await?.whole(&state).await?;
    shown.ignores = Some(card);
    fragment::full_page(&shown, StatusCode::UNPROCESSABLE_ENTITY)
}

/// What was done: for htmx the card, otherwise back to the page.
async fn ignore_card_response(post: JailForm, flash: Flash) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, session, jail, .. } = post;
    if !htmx::is_htmx(&request) {
        session::leave_flash(&session, &flash)?;
        return Ok(see_other(&jail_path(&jail)));
    }
    let mut card = IgnoreCard::load(&page, &state, &jail).await;
    card.said = Some(flash);
    Ok(Fragment::new(card.render()?).and_daemon(&page)?.into_response(StatusCode::OK))
}
