//! `POST /jails/{jail}/ban` and `/unban`.

use askama::Template;

use crate::domain::address::{Banned, parse_targets};
use crate::jail_service::MaxAge;
use crate::web::extract::ban_query::{jail_path, to_url};
use crate::web::extract::{ban_key, htmx};
use crate::web::handlers::bans::at_once;
use crate::web::handlers::jail_post::JailForm;
use crate::web::handlers::jails::show::{BanForm, JailPage};
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::view::ban_term::TermForm;
use crate::web::view::fragment::Fragment;
use crate::web::view::lockout_risk::{LockoutQuestion, unread_list};
use crate::web::view::messages;
use crate::web::view::messages::action_failures;
use crate::web::view::messages::action_failures::Operation;
use crate::web::view::messages::bans::{banned, comma_list, unban_message};
use crate::web::view::page::Page;
use crate::web::view::row_end::RowEnd;
use crate::web::view::timed_bans;

/// Bans the entries in the field `ip`, which may occur several times. Asks first about bans that
/// could lock somebody out, and makes them only where each of them comes in a field `confirmed` as
/// well.
pub(crate) async fn ban(post: JailForm) -> Result<Reply, Error> {
    let written = post.form.all("ip").collect::<Vec<_>>().join(" ");
    let (form, term) = TermForm::parse(&post.form).read();
    let (term, targets) = match (term, parse_targets(&written)) {
        (Ok(term), Ok(targets)) => (term, targets),
        (Err(why), _) => {
            let form = BanForm { written, term: form, ..BanForm::default() };
            return Box::pin(form_again(post, form, &why)).await;
        }
        (Ok(_), Err(error)) => {
            let why = messages::explain(&error);
            let form = BanForm { written, term: form, mistake: Some(why.clone()), ask: None };
            return Box::pin(form_again(post, form, &why)).await;
        }
    };
    let ignored = post.state.jails.ignored_in(std::slice::from_ref(&post.jail)).await?;
    let question = LockoutQuestion::of_ban(&post.jail, &targets, post.page.client, &ignored);
    if let Some(question) = question.and_then(|question| question.unless_confirmed(&post.form)) {
        let why = question.refusal();
        let form = BanForm { written: comma_list(&targets), term: form, mistake: None, ask: Some(question) };
        return Ok(Box::pin(form_again(post, form, &why)).await?.asking());
    }
    let (change, replaced) = match &term {
        Some(term) => post.state.jails.ban_for(&post.jail, &targets, term, post.user.name()).await?,
        None => (post.state.jails.ban(&post.jail, &targets).await?, Vec::new()),
    };
    let mut done = banned(&targets, change.count, &post.jail);
    if let Some(term) = &term {
        let ban_time = post.state.jails.ban_time(&post.jail).await;
        done = format!("{done} {}", timed_bans::promise(&post.jail, &ban_time, term, &post.page.now));
        for moved in timed_bans::moved(&replaced, term, &post.page.now) {
            done = format!("{done} {moved}");
        }
    }
    let unread = unread_list(&post.jail, &ignored);
    let done = unread.into_iter().fold(done, |done, unread| format!("{done} {unread}"));
    let message = action_failures::flash(done, Operation::Ban, &change.failures, targets.len());
    let are_new = change.count == targets.len() as u64;
    let way_back = targets.iter().filter(|_| are_new).map(|target| (&post.jail, target));
    let message = message.with_way_back(way_back);
    done_in_list(post, message, None).await
}

/// Lifts the bans that the fields `ip` and `entry` name, once or several times.
pub(crate) async fn unban(post: JailForm) -> Result<Reply, Error> {
    let names = ban_key::named(&post.form)?;
    if names.is_empty() {
        return Err(Error::BadInput("The form contains no address.".to_owned()));
    }
    let jail = &post.jail;
    let lifted = post.state.jails.unban(jail, &names, post.user.name()).await?;
    let none = format!("{} was not banned in {jail}. Nothing was changed.", comma_list(&names));
    let message = unban_message(jail, &lifted, none);
    let message = match lifted.entries.as_slice() {
        [one] => at_once::and_elsewhere(&post.state, message, jail, one).await,
        _ => message,
    };
    let message = match lifted.entries.as_slice() {
        [] => message,
        _ => message.counted_by(&post.state.jails.jails_that_count_bans(&[jail]).await),
    };
    let cell = match names.as_slice() {
        [one] if htmx::is_of_row(&post.request) => {
            Some(RowEnd::after_unban(&lifted).fragment(false, jail, &Banned::from_daemon(one))?)
        }
        _ => None,
    };
    done_in_list(post, message, cell).await
}

/// The form as it was sent, with what is to be said about it: nothing was done.
async fn form_again(post: JailForm, form: BanForm, why: &str) -> Result<Reply, Error> {
    let JailForm { request, page, state, jail, params, .. } = post;
    let mut shown = JailPage::load(page, &state, jail, &params).await?;
    shown.form = form;
    let part = |shown: &JailPage| Ok(Fragment::new(shown.as_ban_form().render()?));
    Reply::invalid_part(&request, why, shown, part, async |shown| shown.whole(&state).await).await
}

/// Replies with the message, on the page of the jail or in the parts of it that changed: `cell` alone of its table, or
/// all of that.
async fn done_in_list(post: JailForm, message: Flash, cell: Option<Fragment>) -> Result<Reply, Error> {
    let JailForm { request, page, state, jail, params, .. } = post;
    let reply = Reply::with_message(format!("{}{}", jail_path(&jail), to_url(&params.read()?)), message);
    let part = async {
        // What was asked before this was done would not show it.
        let page = Page { freshness: MaxAge::now(), ..page };
        let shown = JailPage::load(page, &state, jail, &params).await?;
        if let Some(cell) = cell {
            return shown.with_figures(cell);
        }
        let form = shown.as_ban_form().render()?;
        Ok(shown.fragment()?.and_anew("ban-form", &form))
    };
    reply.or_part(&request, part).await
}
