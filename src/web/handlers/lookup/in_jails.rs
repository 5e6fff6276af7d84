//! `POST /lookup/ban` and `/lookup/ignore`: one address in one jail, in several or in all of them.

use actix_web::web::Data;
use askama::Template;

use crate::domain::address::Target;
use crate::domain::coverage::Width;
use crate::domain::ignore::{IgnoreEntry, IgnoreEntryError};
use crate::domain::jail::JailName;
use crate::jail_service;
use crate::jail_service::KeepRequest;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::{Fields, Form};
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_term::TermForm;
use crate::web::view::lockout_risk::{LockoutQuestion, unread_list};
use crate::web::view::messages::everywhere;
use crate::web::view::messages::in_jails::{self, IgnoredIn};
use crate::web::view::page::Page;
use crate::web::view::{assets, format, messages, timed_bans};

/// The question before bans that could lock somebody out, or an entry that leaves little to ban.
#[derive(Template)]
#[template(path = "lookup/question.html")]
struct QuestionPage {
    page: Page,
    asked: Target,
    jails: Vec<JailName>,
    question: LockoutQuestion,
    /// How long it is to be banned.
    term: TermForm,
    /// True if it is to be ignored, not banned.
    ignores: bool,
    /// True if an ignored address is to be kept.
    keeps: bool,
    /// True if every jail is to ignore it, also those that start later.
    everywhere: bool,
}

/// Bans the address in the field `ip` in the jails that are named. Asks first about bans that could lock somebody
/// out, and makes them only where each of them comes in a field `confirmed` as well.
pub(crate) async fn ban(
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let target = target(&form)?;
    let (term_form, term) = TermForm::parse(&form).read();
    let term = match term {
        Ok(term) => term,
        Err(why) => {
            return Ok(Reply::with_message(
                lookup(&target),
                Flash::bad(format!("{why} Nothing was changed.")),
            ));
        }
    };
    page.require_daemon()?;
    let Some(jails) = chosen(&state, &form).await? else { return Ok(none_chosen(&target)) };
    let ignored = state.jails.ignored_in(&jails).await?;
    let bans: Vec<_> = jails.iter().map(|jail| (jail.clone(), target.to_string())).collect();
    let question = LockoutQuestion::of_bans(&bans, page.client, &ignored);
    if let Some(question) = question.and_then(|question| question.unless_confirmed(&form)) {
        let why = question.refusal();
        let term = term_form;
        let asked = QuestionPage {
            page,
            asked: target,
            jails,
            question,
            term,
            ignores: false,
            keeps: false,
            everywhere: false,
        };
        return Reply::doubted(&asked, &why);
    }
    let done = state.jails.ban_again(&bans, term.as_ref().map(|term| (term, user.name()))).await;
    let mut flash = in_jails::banned(&target, &done);
    if let Some(term) = &term {
        for (jail, ..) in &done.done {
            let ban_time = state.jails.ban_time(jail).await;
            flash.text = format!("{} {}", flash.text, timed_bans::promise(jail, &ban_time, term, &page.now));
        }
        for moved in timed_bans::moved(&done.replaced, term, &page.now) {
            flash.text = format!("{} {moved}", flash.text);
        }
    }
    for unread in done.done.iter().filter_map(|(jail, ..)| unread_list(jail, &ignored)) {
        flash.text = format!("{} {unread}", flash.text);
    }
    Ok(Reply::with_message(lookup(&target), flash))
}

/// Puts the address in the field `ip` on the ignore lists of the jails that are named; with `keep=yes` it is kept.
/// Asks first where it leaves a jail little to ban.
pub(crate) async fn ignore(
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let target = target(&form)?;
    page.require_daemon()?;
    let entry = IgnoreEntry::Target(target);
    if form.first("everywhere") == Some("yes") {
        return ignore_everywhere(page, &state, &user, &form, target).await;
    }
    let Some(jails) = chosen(&state, &form).await? else { return Ok(none_chosen(&target)) };
    let keeps = form.first("keep") == Some("yes");
    let (jails, widest, failed) = judged(&state, jails, &entry).await?;
    if widest > 0.0
        && let Some(question) = LockoutQuestion::of_wide_entry(&entry, widest).unless_confirmed(&form)
    {
        let why = format!("It was asked first. {}", question.only().map_or("", |wide| &wide.why));
        let term = TermForm::default();
        let asked = QuestionPage {
            page,
            asked: target,
            jails,
            question,
            term,
            ignores: true,
            keeps,
            everywhere: false,
        };
        return Reply::doubted(&asked, &why);
    }
    let mut done = IgnoredIn { failed, ..IgnoredIn::default() };
    for jail in jails {
        let keep = keeps.then(KeepRequest::default);
        match state.jails.ignore(&jail, &entry, keep, user.name()).await {
            Ok(ignored) => done.done.push((jail, ignored)),
            Err(error) => done.failed.push((jail, error)),
        }
    }
    Ok(Reply::with_message(lookup(&target), in_jails::ignored(&entry, &done, keeps)))
}

/// Has every jail ignore `target`, also those that start later. Asks first where it leaves one of them little to ban.
async fn ignore_everywhere(
    page: Page,
    state: &State,
    user: &CurrentUser,
    form: &Form,
    target: Target,
) -> Result<Reply, Error> {
    let entry = IgnoreEntry::Target(target);
    match state.jails.width_everywhere(&entry, None).await? {
        Width::Usual => {}
        Width::Everybody => return Err(everybody()),
        Width::Large(share) => {
            if let Some(question) = LockoutQuestion::of_wide_entry(&entry, share).unless_confirmed(form) {
                let why = format!("It was asked first. {}", question.only().map_or("", |wide| &wide.why));
                let (jails, term) = (Vec::new(), TermForm::default());
                let (ignores, keeps, everywhere) = (true, false, true);
                let asked =
                    QuestionPage { page, asked: target, jails, question, term, ignores, keeps, everywhere };
                return Reply::doubted(&asked, &why);
            }
        }
    }
    let done = state.jails.ignore_everywhere(&entry, None, user.name(), None).await?;
    Ok(Reply::with_message(lookup(&target), everywhere::added(&entry, &done, None)))
}

fn everybody() -> Error {
    Error::BadInput(messages::explain(&IgnoreEntryError::Everybody))
}

/// Jails of which it is known how much of the internet `entry` would leave them to ban, the largest share that one of
/// them would ignore if that is large, and the jails of which it is not known: there nothing is to be done unasked.
async fn judged(
    state: &State,
    jails: Vec<JailName>,
    entry: &IgnoreEntry,
) -> Result<(Vec<JailName>, f64, Vec<(JailName, jail_service::Error)>), Error> {
    let (mut known, mut widest, mut unknown) = (Vec::new(), 0.0_f64, Vec::new());
    for jail in jails {
        match state.jails.width_with(&jail, entry).await {
            Ok(Width::Everybody) => return Err(everybody()),
            Ok(Width::Large(share)) => {
                widest = widest.max(share);
                known.push(jail);
            }
            Ok(Width::Usual) => known.push(jail),
            Err(error) => unknown.push((jail, error)),
        }
    }
    Ok((known, widest, unknown))
}

fn target(form: &Fields) -> Result<Target, Error> {
    let written = form.text("ip")?;
    written.parse().map_err(|error| Error::BadInput(messages::explain(&error)))
}

/// The jails that a form names: the one of a button, all of them, or those that are ticked.
async fn chosen(state: &State, form: &Fields) -> Result<Option<Vec<JailName>>, Error> {
    if form.first("only").is_none() && form.first("all") == Some("yes") {
        return Ok(Some(state.jails.running_jails().await?));
    }
    let field = if form.first("only").is_some() { "only" } else { "jail" };
    let mut jails: Vec<JailName> = Vec::new();
    for name in form.all(field) {
        let jail = name.parse().map_err(|_| Error::NoPage)?;
        if !jails.contains(&jail) {
            jails.push(jail);
        }
    }
    Ok(if jails.is_empty() { None } else { Some(jails) })
}

/// The look-up again: nothing was done.
fn none_chosen(target: &Target) -> Reply {
    Reply::with_message(lookup(target), Flash::bad("Select at least one jail. Nothing was changed."))
}

fn lookup(target: &Target) -> String {
    format!("/lookup?ip={target}")
}
