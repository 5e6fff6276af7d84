//! `POST /jails/{jail}/ignore`, `/ignore/remove`, `/ignore/unkeep` and `/ignore-self`.

use std::net::IpAddr;

use askama::Template;

use crate::domain::coverage::Width;
use crate::domain::ignore::{IgnoreEntry, IgnoreEntryError};
use crate::domain::jail::JailName;
use crate::domain::risk::OWN;
use crate::jail_service::{Ignored, KeepRequest, Unignored};
use crate::web::extract::form::Fields;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::format;
use crate::web::view::fragment::Fragment;
use crate::web::view::ignore_card::{AddField, AddForm, IgnoreAction, IgnoreCard, IgnoreQuestion};
use crate::web::view::jail_part::JailPart;
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::messages::{Explain, in_jails};
use crate::web::view::page::Page;

use super::jail_post::JailForm;
use super::jails::show::JailPage;

/// Puts what the field `ip` names on the list; with `keep=yes` it is kept, with the `note` and up to
/// the day `until`.
pub(crate) async fn add(post: JailForm) -> Result<Reply, Error> {
    let form = AddForm::parse(&post.form);
    let (entry, keep) = match form.read() {
        Ok(understood) => understood,
        Err(mistake) => return mistaken(post, form, mistake).await,
    };
    match post.state.jails.width_with(&post.jail, &entry).await? {
        Width::Usual => {}
        Width::Large(share) => {
            let question = LockoutQuestion::of_wide_entry(&entry, share);
            if let Some(question) = question.unless_confirmed(&post.form) {
                return ask(post, IgnoreAction::Add(form), question).await;
            }
        }
        Width::Everybody => {
            let mistake = (AddField::Entry, IgnoreEntryError::Everybody.explain());
            return mistaken(post, form, mistake).await;
        }
    }
    let done = post.state.jails.ignore(&post.jail, &entry, keep.clone(), post.user.name()).await?;
    let words = added(&entry, &post.jail, done, keep.as_ref());
    let flash = Flash::good(words).offering_unban(done.still_banned.then_some(&entry));
    done_in_card(post, flash).await
}

/// The form again, with the `mistake` in it.
async fn mistaken(post: JailForm, form: AddForm, mistake: (AddField, String)) -> Result<Reply, Error> {
    let why = mistake.1.clone();
    let form = AddForm { mistake: Some(mistake), ..form };
    again(post, &why, |card| card.form = form).await
}

/// Removes the entry in the field `ip` from the list, and no longer keeps it. A removal that could
/// lock somebody out is made only where the entry comes in a field `confirmed` as well.
pub(crate) async fn remove(post: JailForm) -> Result<Reply, Error> {
    let entry = entry_of(&post.form)?;
    if is_everywhere(&post.state, &entry).await? {
        return ask_everywhere(post, entry).await;
    }
    if let Some(question) = dangerous(&post, &entry).await.and_then(|it| it.unless_confirmed(&post.form)) {
        let would = post.state.jails.would_unignore(&post.jail, &entry).await?;
        if would.was_listed || would.was_kept {
            return ask(post, IgnoreAction::Remove(entry), question).await;
        }
    }
    let done = post.state.jails.unignore(&post.jail, &entry, post.user.name()).await?;
    let flash = removed(&entry, &post.jail, done);
    // The look-up is no page of the jail: whoever did it there stays there.
    if let Some(next) = post.form.first("next") {
        return Ok(Reply::with_message(safe_redirect(Some(next)), flash));
    }
    done_in_card(post, flash).await
}

/// Stops keeping the entry in the field `ip`; it stays on the list until fail2ban forgets it. Since
/// that ends with its removal, it is asked about like one.
pub(crate) async fn unkeep(post: JailForm) -> Result<Reply, Error> {
    let entry = entry_of(&post.form)?;
    post.state.jails.require_jail(&post.jail, post.page.freshness).await?;
    let stays = is_everywhere(&post.state, &entry).await?;
    if !stays
        && let Some(question) = dangerous(&post, &entry).await.and_then(|it| it.unless_confirmed(&post.form))
        && post.state.jails.would_unignore(&post.jail, &entry).await?.was_kept
    {
        return ask(post, IgnoreAction::Unkeep(entry), question).await;
    }
    let was_kept = post.state.jails.unkeep_ignored(&post.jail, &entry, post.user.name()).await?;
    let flash = if was_kept && stays {
        Flash::good(format!("{entry} is no longer kept for {} alone. All jails ignore it.", post.jail))
    } else if was_kept {
        Flash::good(format!("{entry} is no longer kept. It will be lost at the next reload or restart."))
    } else {
        Flash::bad(format!("{entry} was not kept in {}. Nothing was changed.", post.jail))
    };
    done_in_card(post, flash).await
}

/// Makes the jail ignore the machine's own addresses, or not, as the field `on` says. No longer to
/// ignore them is asked about first.
pub(crate) async fn ignore_self(post: JailForm) -> Result<Reply, Error> {
    let on: bool = post.form.value("on")?;
    if !on
        && let Some(question) = LockoutQuestion::of_targets(&OWN, post.page.client)
        && let Some(question) = question.unless_confirmed(&post.form)
    {
        return ask(post, IgnoreAction::IgnoreSelf, question).await;
    }
    post.state.jails.set_ignore_self(&post.jail, on, post.user.name()).await?;
    let how = if on { "now ignores" } else { "no longer ignores" };
    let words = format!("{} {how} the server's own addresses.", post.jail);
    done_in_card(post, Flash::good(words)).await
}

/// Returns true if every jail ignores `entry`.
async fn is_everywhere(state: &State, entry: &str) -> Result<bool, Error> {
    let Ok(entry) = entry.parse::<IgnoreEntry>() else { return Ok(false) };
    Ok(state.jails.ignored_everywhere().await?.iter().any(|kept| kept.entry == entry))
}

async fn dangerous(post: &JailForm, entry: &str) -> Option<LockoutQuestion> {
    removal_question(&post.state, post.page.client, entry).await
}

/// Returns the danger of no longer ignoring `entry`. A host name is judged by the addresses that it
/// has now; where it cannot be looked up it passes.
pub(super) async fn removal_question(
    state: &State,
    client: Option<IpAddr>,
    entry: &str,
) -> Option<LockoutQuestion> {
    let targets = state.jails.stands_for(entry).await;
    LockoutQuestion::of_entry(entry, &targets, client)
}

/// Nothing was done: BanGUI would put `entry` back, as every jail is to ignore it.
async fn ask_everywhere(post: JailForm, entry: String) -> Result<Reply, Error> {
    let why =
        format!("All jails ignore {entry}, so it would be restored. It is removed from all of them or none.");
    Ok(again(post, &why, |card| card.everywhere = Some(entry)).await?.asking())
}

/// Asks before it is done.
async fn ask(post: JailForm, deed: IgnoreAction, question: LockoutQuestion) -> Result<Reply, Error> {
    let why = match (&deed, question.only()) {
        (IgnoreAction::Add(_), Some(wide)) => format!("It was asked first. {}", wide.why),
        _ => question.refusal(),
    };
    let next = post.form.first("next").map(|next| safe_redirect(Some(next)));
    let question = IgnoreQuestion { deed, question, next };
    let asked = Box::pin(again(post, &why, |card| card.ask = Some(Box::new(question))));
    Ok(asked.await?.asking())
}

fn entry_of(fields: &Fields) -> Result<String, Error> {
    match fields.first("ip").map(str::trim) {
        Some(entry) if !entry.is_empty() => Ok(entry.to_owned()),
        _ => Err(Error::BadInput("The form contains no entry.".to_owned())),
    }
}

/// Describes the addition.
fn added(entry: &IgnoreEntry, jail: &JailName, done: Ignored, keep: Option<&KeepRequest>) -> String {
    let is = if done.newly { "is now ignored" } else { "is already on the ignore list" };
    let lasts = match keep.map(|keep| keep.until.as_ref()) {
        Some(None) => " BanGUI restores it after every reload and restart.".to_owned(),
        Some(Some(until)) => format!(
            " BanGUI restores it after every reload and restart, until the end of {}.",
            format::day(until)
        ),
        None if done.newly => {
            " It is lost at the next reload or restart unless you keep it below.".to_owned()
        }
        None => String::new(),
    };
    let banned = if done.still_banned {
        format!(" {}", in_jails::still_banned(entry, jail.as_str()))
    } else {
        String::new()
    };
    format!("{entry} {is} in {jail}.{lasts}{banned}")
}

fn removed(entry: &str, jail: &JailName, done: Unignored) -> Flash {
    match (done.was_listed, done.was_kept) {
        (true, true) => Flash::good(format!("{entry} is no longer ignored in {jail}, and no longer kept.")),
        (true, false) => Flash::good(format!(
            "{entry} is no longer ignored in {jail}. If the configuration contains it, it returns at the next reload."
        )),
        (false, true) => Flash::good(format!("{entry} was not active in {jail} and is no longer kept.")),
        (false, false) => {
            Flash::bad(format!("{entry} is not on the ignore list of {jail}. Nothing was changed."))
        }
    }
}

/// The card, or the page, with what is to be said in the card: nothing was done.
async fn again(post: JailForm, why: &str, tell: impl FnOnce(&mut IgnoreCard)) -> Result<Reply, Error> {
    let JailForm { request, page, state, jail, params, .. } = post;
    let mut card = IgnoreCard::load(&page, &state, &jail).await;
    tell(&mut card);
    let part = |(_, card): &(Page, IgnoreCard)| Ok(Fragment::new(card.render()?));
    Reply::invalid_part(&request, why, (page, card), part, async |(page, card)| {
        let mut shown = JailPage::load(page, &state, jail, &params).await?.whole(&state).await?;
        (shown.ignores, shown.part) = (Some(card), JailPart::Ignores);
        Ok(shown)
    })
    .await
}

/// Replies with the card for htmx, otherwise with a redirect to the page.
async fn done_in_card(post: JailForm, flash: Flash) -> Result<Reply, Error> {
    let JailForm { request, page, state, jail, .. } = post;
    let reply = Reply::with_message(JailPart::Ignores.path(&jail), flash.clone());
    let part = async {
        let mut card = IgnoreCard::load(&page, &state, &jail).await;
        card.said = Some(flash);
        Fragment::new(card.render()?).with_own_message().and_daemon(&page)
    };
    reply.or_part(&request, part).await
}
