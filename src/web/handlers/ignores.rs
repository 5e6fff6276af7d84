//! `/ignores`: what every jail ignores.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::domain::coverage::Width;
use crate::domain::ignore::{IgnoreEntry, IgnoreEntryError};
use crate::jail_service;
use crate::jail_service::KeepRequest;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::everywhere_part::{EverywherePart, EverywhereQuestion, unavailable};
use crate::web::view::fragment::Fragment;
use crate::web::view::ignore_card::{AddField, AddForm};
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::messages::{Explain as _, everywhere};
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment};

use super::ignore::removal_question;

const PATH: &str = "/ignores";

#[derive(Template)]
#[template(path = "ignores/page.html")]
struct IgnoresPage {
    page: Page,
    part: EverywherePart,
}

/// A form that was sent, with what it takes to answer it.
struct Asked {
    request: HttpRequest,
    page: Page,
    state: Data<State>,
}

#[derive(Deserialize)]
pub(crate) struct IgnoresQuery {
    ip: Option<String>,
}

/// `GET /ignores`; with `ip`, the form is filled with that.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    query: Query<IgnoresQuery>,
) -> Result<HttpResponse, Error> {
    let part = EverywherePart::load(&page, &state, query.ip.as_deref()).await?;
    fragment::full_page(&IgnoresPage { page, part }, StatusCode::OK)
}

/// Has every jail ignore what the field `ip` names, with the `note` and up to the day `until`. Asks first where that
/// leaves a jail little to ban.
pub(crate) async fn add(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let asked = Asked { request, page, state };
    let written = AddForm { keep: true, ..AddForm::parse(&form) };
    let is_change = form.first("change") == Some("yes");
    let (entry, keep) = match written.read() {
        // Whoever names an address alone takes no note and no end away.
        Ok((entry, keep)) => (entry, keep.filter(|keep| is_change || *keep != KeepRequest::default())),
        Err(mistake) => return asked.mistaken(written, mistake).await,
    };
    match width(&asked, &entry).await? {
        Ok(Width::Usual) => {}
        Ok(Width::Large(share)) => {
            let question = LockoutQuestion::of_wide_entry(&entry, share);
            if let Some(question) = question.unless_confirmed(&form) {
                let why = question.only().map(|wide| wide.why.clone()).unwrap_or_default();
                let name = entry.to_string();
                let question = EverywhereQuestion { add: Some(written), is_change, name, question };
                return asked.ask(&format!("It was asked first. {why}"), question).await;
            }
        }
        Ok(Width::Everybody) => {
            return asked.mistaken(written, (AddField::Entry, IgnoreEntryError::Everybody.explain())).await;
        }
        Err(why) => return asked.mistaken(written, (AddField::Entry, why)).await,
    }
    let until = keep.as_ref().and_then(|keep| keep.until);
    let unanswered = unavailable(&asked.page);
    let done = asked.state.jails.ignore_everywhere(&entry, keep, user.name(), unanswered).await?;
    asked.done(everywhere::added(&entry, &done, until)).await
}

/// No longer has every jail ignore the entry in the field `ip`. A removal that could lock somebody out is made only
/// where the entry comes in a field `confirmed` as well.
pub(crate) async fn remove(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let asked = Asked { request, page, state };
    let name = form.text("ip")?.trim().to_owned();
    let Ok(entry) = name.parse::<IgnoreEntry>() else { return asked.done(everywhere::absent(&name)).await };
    let is_there = asked.state.jails.ignored_everywhere().await?.iter().any(|kept| kept.entry == entry);
    if is_there
        && let Some(question) = removal_question(&asked.state, asked.page.client, &name).await
        && let Some(question) = question.unless_confirmed(&form)
    {
        let why = question.refusal();
        return asked.ask(&why, EverywhereQuestion { add: None, is_change: false, name, question }).await;
    }
    let unanswered = unavailable(&asked.page);
    let removed = asked.state.jails.unignore_everywhere(&entry, user.name(), unanswered).await?;
    asked
        .done(
            removed
                .map_or_else(|| everywhere::absent(&name), |removed| everywhere::removed(&entry, &removed)),
        )
        .await
}

/// How much a jail would ignore with `entry`, or why that is not known: then nothing is to be done unasked.
async fn width(asked: &Asked, entry: &IgnoreEntry) -> Result<Result<Width, String>, Error> {
    match asked.state.jails.width_everywhere(entry, unavailable(&asked.page)).await {
        Ok(width) => Ok(Ok(width)),
        Err(jail_service::Error::Daemon(error)) => {
            tracing::warn!(%entry, %error, "how much a wide entry would cover is not known");
            let why = "This is a large network. How much the jails would ignore with it cannot be read from fail2ban \
                       now, so it was not added.";
            Ok(Err(why.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

impl Asked {
    /// The form again, with the `mistake` in it.
    async fn mistaken(self, form: AddForm, mistake: (AddField, String)) -> Result<Reply, Error> {
        let why = mistake.1.clone();
        let form = AddForm { mistake: Some(mistake), ..form };
        self.again(&why, |part| part.form = form).await
    }

    /// Asks before it is done.
    async fn ask(self, why: &str, question: EverywhereQuestion) -> Result<Reply, Error> {
        Ok(self.again(why, |part| part.ask = Some(Box::new(question))).await?.asking())
    }

    /// The part, or the page, with what is to be said in it: nothing was done.
    async fn again(self, why: &str, tell: impl FnOnce(&mut EverywherePart)) -> Result<Reply, Error> {
        let Self { request, page, state } = self;
        let mut part = EverywherePart::load(&page, &state, None).await?;
        tell(&mut part);
        let fragment = |shown: &IgnoresPage| Ok(Fragment::new(shown.part.render()?));
        Reply::invalid_part(&request, why, IgnoresPage { page, part }, fragment, async |shown| Ok(shown))
            .await
    }

    /// Replies with the part for htmx, otherwise with a redirect to the page.
    async fn done(self, flash: Flash) -> Result<Reply, Error> {
        let Self { request, page, state } = self;
        let part = async {
            let mut part = EverywherePart::load(&page, &state, None).await?;
            part.said = Some(flash.clone());
            Fragment::new(part.render()?).with_own_message().and_daemon(&page)
        };
        Reply::with_message(PATH, flash.clone()).or_part(&request, part).await
    }
}
