//! `POST /bans/unban`, which asks before it lifts many.

use std::time::Duration;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::Timestamp;

use crate::domain::address::Target;
use crate::jail_service;
use crate::jail_service::{BansToLift, Filter, Lifted, Missing, Selection};
use crate::web::extract::ban_query::{BanParams, to_url};
use crate::web::extract::form::Fields;
use crate::web::extract::{ban_key, htmx};
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_countries::from;
use crate::web::view::page::{Page, account_name};
use crate::web::view::{assets, format, fragment, messages};
use crate::web::{reply, session};

use super::all::AllBansPage;
use super::one_jail::unbanned;

/// How long a whole page waits for the end, so that quick work needs no second look.
const MAX_WAIT: Duration = Duration::from_millis(1500);

/// What is about to be lifted, and in which jails.
#[derive(Template)]
#[template(path = "bans/confirm.html")]
struct ConfirmPage {
    page: Page,
    selection: BansToLift,
    what: String,
    here: String,
    fields: Vec<(&'static str, String)>,
}

impl ConfirmPage {
    fn many(&self) -> String {
        count_of_bans(&self.selection)
    }
}

/// How many bans a selection hits: `1 ban`, `1,204 bans`, and `3 bans of 2 addresses` where one of them is
/// banned in several jails.
pub(crate) fn count_of_bans(selection: &BansToLift) -> String {
    let (bans, entries) = (selection.bans(), selection.entries());
    format::bans(bans as u64, Some(&entries).filter(|entries| entries.number < bans))
}

/// What a form asks to be lifted.
struct BulkUnbanForm {
    which: Selection,
    /// It in a sentence.
    what: String,
    /// The fields that ask for the same again.
    fields: Vec<(&'static str, String)>,
}

/// Why a form asks for nothing that could be lifted, beside its field.
enum BulkUnbanError {
    Network(String),
    Selection(String),
}

/// `POST /bans/unban`: `one` ban at once; `which` is `selected` (with `ban`), `matching` or `network`
/// after a page that says what it hits.
pub(crate) async fn unban(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    params: Query<BanParams>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let fields = Fields::parse(&body);
    if let Some(one) = fields.first("one") {
        return unban_one(&request, page, &state, &session, &params, one).await;
    }
    let asked = match parse_form(&fields, &params, page.now)? {
        Ok(asked) => asked,
        Err(mistake) => return form_again(page, &state, &params, &fields, mistake).await,
    };
    page.require_daemon()?;
    let here = to_url(&params.read()?);
    let selection = state.jails.selection(&asked.which).await?;
    if fields.first("confirmed") == Some("yes") {
        if selection.bans() == 0 {
            let none = "None of them is banned any more. Nothing was changed.";
            session::leave_flash(&session, &Flash::bad(none))?;
            return Ok(see_other(&format!("/bans{here}")));
        }
        state.jails.unban_many(selection, false, account_name(&page)?)?;
        state.jails.bulk_settled_within(MAX_WAIT).await;
        return Ok(reply::note_started(see_other(&format!("/bans{here}"))));
    }
    if selection.bans() == 0 {
        let mistake = nothing_to_lift(&asked.which);
        return form_again(page, &state, &params, &fields, mistake).await;
    }
    let confirm = ConfirmPage { page, selection, what: asked.what, here, fields: asked.fields };
    fragment::full_page(&confirm, StatusCode::OK)
}

/// Reads what is to be lifted. What came after the question was shown is not part of it, so the
/// question's time goes along as `asked`.
fn parse_form(
    fields: &Fields,
    params: &BanParams,
    now: Timestamp,
) -> Result<Result<BulkUnbanForm, BulkUnbanError>, Error> {
    let query = params.read()?;
    let until = match fields.first("asked") {
        Some(asked) => {
            asked.parse().map_err(|_| Error::BadInput("The form's time is no time.".to_owned()))?
        }
        None => now,
    };
    let place = query.jail.as_ref().map_or_else(|| "every jail".to_owned(), ToString::to_string);
    let which = fields.first("which").unwrap_or_default();
    let filter = Filter { jail: query.jail, until: Some(until), ..Filter::default() };
    let mut again = vec![("which", which.to_owned())];
    let (which, what) = match which {
        "selected" => {
            let bans = ban_key::read_all(fields.all("ban"))?;
            if bans.is_empty() {
                return Ok(Err(BulkUnbanError::Selection("Select at least one row.".to_owned())));
            }
            again.extend(fields.all("ban").map(|ban| ("ban", ban.to_owned())));
            (Selection::Entries(bans), "The bans you selected.".to_owned())
        }
        "matching" => {
            let from = query.origin.map_or_else(String::new, |origin| format!(" {}", from(origin)));
            let what = match query.search.as_str() {
                "" => format!("Everything{from} that is banned in {place}."),
                search => format!("Everything{from} that matches “{search}” in {place}."),
            };
            (Selection::Listed(Filter { search: query.search, origin: query.origin, ..filter }), what)
        }
        "network" => {
            let written = fields.first("network").unwrap_or_default();
            let network: Target = match written.parse() {
                Ok(network) => network,
                Err(error) => return Ok(Err(BulkUnbanError::Network(messages::explain(&error)))),
            };
            again.push(("network", network.to_string()));
            let what = format!("Everything that is banned inside {network} in {place}.");
            (Selection::Listed(Filter { network: Some(network), ..filter }), what)
        }
        _ => return Err(Error::BadInput("The form does not say what to unban.".to_owned())),
    };
    again.push(("asked", until.to_string()));
    Ok(Ok(BulkUnbanForm { which, what, fields: again }))
}

fn nothing_to_lift(which: &Selection) -> BulkUnbanError {
    match which {
        Selection::Entries(_) => BulkUnbanError::Selection("None of them is banned any more.".to_owned()),
        Selection::Listed(Filter { network: Some(network), .. }) => {
            BulkUnbanError::Network(format!("No ban lies inside {network}."))
        }
        Selection::Listed(_) => BulkUnbanError::Selection("Nothing that is banned matches.".to_owned()),
    }
}

/// The list again, with what is to be said about the form, and 422: nothing was done.
async fn form_again(
    page: Page,
    state: &State,
    params: &BanParams,
    fields: &Fields,
    mistake: BulkUnbanError,
) -> Result<HttpResponse, Error> {
    let mut shown = AllBansPage::load(page, state, params).await?;
    match mistake {
        BulkUnbanError::Network(reason) => {
            shown.mistake = Some(reason);
            fields.first("network").unwrap_or_default().clone_into(&mut shown.network);
        }
        BulkUnbanError::Selection(reason) => shown.links.pick_mistake = Some(reason),
    }
    fragment::full_page(&shown, StatusCode::UNPROCESSABLE_ENTITY)
}

async fn unban_one(
    request: &HttpRequest,
    page: Page,
    state: &State,
    session: &Session,
    params: &BanParams,
    one: &str,
) -> Result<HttpResponse, Error> {
    let (jail, entry) = ban_key::parse_ban_key(one)?;
    let here = to_url(&params.read()?);
    let lifted = match state.jails.unban(&jail, std::slice::from_ref(&entry)).await {
        // Plain text that is not banned any more is nothing that could be banned.
        Err(jail_service::Error::NotBannable(_)) => Lifted::default(),
        other => other?,
    };
    let flash = match lifted.entries.as_slice() {
        [] => Flash::bad(format!(
            "{} is not banned in {jail} any more. Nothing was changed.",
            format::shown(&entry)
        )),
        _ => unbanned(&jail, &lifted).counted_by(&state.jails.jails_that_count_bans(&[&jail]).await),
    };
    if !htmx::is_htmx(request) {
        session::leave_flash(session, &flash)?;
        return Ok(see_other(&format!("/bans{here}")));
    }
    let shown = AllBansPage::load(page, state, params).await?;
    Ok(shown.fragment()?.and_undo(&flash, &shown.page, &shown.url())?.into_response(StatusCode::OK))
}
