//! `POST /bans/again`, which undoes an unban.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::web::Data;
use askama::Template;

use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::web::extract::ban_key;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_term::TermForm;
use crate::web::view::fragment::Fragment;
use crate::web::view::lockout_risk::{LockoutQuestion, unread_list};
use crate::web::view::messages::in_jails::banned_again;
use crate::web::view::page::Page;
use crate::web::view::row_end::RowEnd;
use crate::web::view::{assets, format};

/// The question before bans that could lock somebody out.
#[derive(Template)]
#[template(path = "bans/ban_again.html")]
struct AgainPage {
    page: Page,
    question: LockoutQuestion,
    /// Each ban, as the form names it.
    bans: Vec<String>,
    /// How long they are to be banned.
    term: TermForm,
    /// The page to go back to.
    next: String,
    /// True if they were not banned before.
    is_first: bool,
}

/// Bans each `ban` again, then goes on to `next`. Asks first about bans that could lock somebody
/// out, and makes them only where each of them comes in a field `confirmed` as well.
pub(crate) async fn again(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let bans = ban_key::read_all(form.all("ban"))?;
    if bans.is_empty() {
        return Err(Error::BadInput("The form contains nothing to ban again.".to_owned()));
    }
    let next = safe_redirect(form.first("next"));
    let jails: BTreeSet<JailName> = bans.iter().map(|(jail, _)| jail.clone()).collect();
    let ignored = state.jails.ignored_in(&jails.into_iter().collect::<Vec<_>>()).await?;
    let is_first = form.first("first").is_some();
    let (term_form, term) = TermForm::parse(&form).read();
    let term = match term {
        Ok(term) => term,
        Err(why) => {
            return Ok(Reply::with_message(next, Flash::bad(format!("{why} Nothing was changed."))));
        }
    };
    let question = LockoutQuestion::of_bans(&bans, page.client, &ignored);
    if let Some(question) = question.and_then(|question| question.unless_confirmed(&form)) {
        let why = question.refusal();
        if let (Some(row), Some(risky)) = (row_of(&request, &bans), question.risky.first()) {
            return Ok(Reply::asked_in_part(row(RowEnd::Asks(risky.clone()))?, &why));
        }
        let bans = form.all("ban").map(str::to_owned).collect();
        return Reply::doubted(&AgainPage { page, question, bans, term: term_form, next, is_first }, &why);
    }
    let again = state.jails.ban_again(&bans, term.as_ref().map(|term| (term, user.name()))).await;
    let banned = if is_first { "banned" } else { "banned again" };
    let mut flash = banned_again(&again, banned);
    for unread in again.done.iter().filter_map(|(jail, ..)| unread_list(jail, &ignored)) {
        flash.text = format!("{} {unread}", flash.text);
    }
    let row = row_of(&request, &bans).filter(|_| !flash.bad);
    let reply = Reply::with_message(next, flash);
    match row {
        Some(row) => reply.or_part(&request, async { row(RowEnd::Banned(None)) }).await,
        None => Ok(reply),
    }
}

/// The row from which the only one of `bans` is to be banned again.
fn row_of<'a>(
    request: &HttpRequest,
    bans: &'a [(JailName, String)],
) -> Option<impl FnOnce(RowEnd) -> Result<Fragment, Error> + use<'a>> {
    let [(jail, entry)] = bans else { return None };
    let in_all = htmx::is_from_all_bans(request);
    htmx::is_of_row(request)
        .then_some(move |end: RowEnd| end.fragment(in_all, jail, &Banned::from_daemon(entry)))
}
