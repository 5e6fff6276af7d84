//! `POST /jails/{jail}/ban` and `/unban`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::domain::address::{Target, parse_targets};
use crate::domain::jail::JailName;
use crate::jail_service::{Lifted, MaxAge};
use crate::web::extract::ban_query::{jail_path, to_url};
use crate::web::extract::{ban_key, htmx};
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::jails::show::{BanForm, JailPage};
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::flash::Flash;
use crate::web::view::action_failures::Deed;
use crate::web::view::fragment::Fragment;
use crate::web::view::lockout_risk::{LockoutQuestion, unread_list};
use crate::web::view::page::Page;
use crate::web::view::{action_failures, format, fragment, messages};
use crate::web::{reply, session};

/// Bans what the field `ip` names, once or several times. What could lock somebody out is asked about
/// first, and is banned only where each of it comes in a field `confirmed` as well.
pub(crate) async fn ban(post: JailForm) -> Result<HttpResponse, Error> {
    let written = post.fields.all("ip").collect::<Vec<_>>().join(" ");
    let targets = match parse_targets(&written) {
        Ok(targets) => targets,
        Err(error) => {
            let why = messages::explain(&error);
            let form = BanForm { written, mistake: Some(why.clone()), ask: None };
            return form_again(post, form, &why).await;
        }
    };
    let ignored = post.state.jails.ignored_in(std::slice::from_ref(&post.jail)).await?;
    let question = LockoutQuestion::of_ban(&post.jail, &targets, post.page.client, &ignored);
    if let Some(question) = question.and_then(|question| question.unless_confirmed(&post.fields)) {
        let why = question.refusal();
        let form = BanForm { written: comma_list(&targets), mistake: None, ask: Some(question) };
        return form_again(post, form, &why).await;
    }
    let change = post.state.jails.ban(&post.jail, &targets).await?;
    let done = banned(&targets, change.count, &post.jail);
    let unread = unread_list(&post.jail, &ignored);
    let done = unread.into_iter().fold(done, |done, unread| format!("{done} {unread}"));
    let flash = action_failures::flash(done, Deed::Ban, &change.failures, targets.len());
    ban_list_response(post, &flash).await
}

/// Lifts the bans that the fields `ip` and `entry` name, once or several times.
pub(crate) async fn unban(post: JailForm) -> Result<HttpResponse, Error> {
    let names = ban_key::named(&post.fields)?;
    if names.is_empty() {
        return Err(Error::BadInput("The form names no address.".to_owned()));
    }
    let jail = &post.jail;
    let lifted = post.state.jails.unban(jail, &names).await?;
    let flash = match lifted.entries.as_slice() {
        [] => Flash::bad(format!("{} was not banned in {jail}. Nothing was changed.", comma_list(&names))),
        _ => unbanned(jail, &lifted).counted_by(&post.state.jails.jails_that_count_bans(&[jail]).await),
    };
    ban_list_response(post, &flash).await
}

/// The form as it was sent, with what is to be said about it, and 422: nothing was done.
async fn form_again(post: JailForm, form: BanForm, why: &str) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, jail, params, .. } = post;
    let mut shown = JailPage::load(page, &state, jail, &params).await?;
    shown.form = form;
    let response = if htmx::is_htmx(&request) {
        Fragment::new(shown.as_ban_form().render()?).into_response(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        fragment::full_page(&shown.whole(&state).await?, StatusCode::UNPROCESSABLE_ENTITY)?
    };
    Ok(reply::note_refused(response, why))
}

/// What was done: for htmx the parts that changed, otherwise back to the page.
async fn ban_list_response(post: JailForm, flash: &Flash) -> Result<HttpResponse, Error> {
    let JailForm { request, page, state, session, jail, params, .. } = post;
    if !htmx::is_htmx(&request) {
        session::leave_flash(&session, flash)?;
        return Ok(see_other(&format!("{}{}", jail_path(&jail), to_url(&params.read()?))));
    }
    // What was asked before this was done would not show it.
    let page = Page { freshness: MaxAge::now(), ..page };
    let shown = JailPage::load(page, &state, jail, &params).await?;
    let fragment = shown.fragment()?.and_undo(flash, &shown.page, &shown.url())?;
    let form = shown.as_ban_form().render()?;
    Ok(fragment.and_anew("ban-form", &form).into_response(StatusCode::OK))
}

/// All of them, with commas, as they can be shown.
pub(crate) fn comma_list<T: ToString>(items: &[T]) -> String {
    items.iter().map(|item| format::shown(item.to_string())).collect::<Vec<_>>().join(", ")
}

/// Up to five by name, more by number.
pub(crate) fn named<T: ToString>(items: &[T]) -> String {
    match items {
        few if few.len() <= 5 => comma_list(few),
        many => format!("{} addresses", format::number(many.len())),
    }
}

/// The subject of a sentence.
pub(crate) fn is_or_are<T: ToString>(items: &[T]) -> String {
    format!("{} {}", named(items), if items.len() == 1 { "is" } else { "are" })
}

/// What an unban lifted, with the way back.
pub(crate) fn unbanned(jail: &JailName, lifted: &Lifted) -> Flash {
    let entries = &lifted.entries;
    let done = format!("{} no longer banned in {jail}.", is_or_are(entries));
    action_failures::flash(done, Deed::Unban, &lifted.failures, entries.len())
        .with_undo(entries.iter().map(|banned| (jail, banned)))
}

/// What fail2ban says that it holds. Whether the firewall does is not known.
fn banned(targets: &[Target], newly: u64, jail: &JailName) -> String {
    match (targets.len() as u64, newly) {
        (all, newly) if all == newly => format!("fail2ban now holds {} as banned in {jail}.", named(targets)),
        (_, 0) => format!("{} banned in {jail} already.", is_or_are(targets)),
        (all, newly) => format!(
            "{} of {} are newly banned in {jail}, the others were already.",
            format::number(newly),
            format::number(all)
        ),
    }
}
