//! `POST /bans/unban`, which asks before it lifts many.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Data, Query};
use askama::Template;
use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::jail_service;
use crate::jail_service::{BansToLift, Filter, Lifted, Missing, Selection};
use crate::web::extract::ban_query::{BanParams, to_url};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::{Fields, Form};
use crate::web::extract::{ban_key, htmx};
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::{Flash, MOST_AT_ONCE};
use crate::web::state::State;
use crate::web::view::ban_countries::from;
use crate::web::view::messages::bans::{count_of_bans, unban_message};
use crate::web::view::page::Page;
use crate::web::view::row_end::RowEnd;
use crate::web::view::{assets, format, messages};

use super::all::AllBansPage;
use super::at_once;

/// Longest time for which a whole page waits for the end, so that quick work needs no second look.
const MAX_WAIT: Duration = Duration::from_millis(1500);

/// Confirmation page: the bans about to be lifted, and their jails.
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

/// Parsed request of a form.
enum BulkUnbanForm {
    /// Something that can be lifted.
    Lift(BulkUnban),
    /// Nothing: what is wrong with it.
    Invalid(BulkUnbanError),
}

/// Bans that are to be lifted.
struct BulkUnban {
    which: Selection,
    /// It in a sentence.
    what: String,
    /// The fields that ask for the same again.
    fields: Vec<(&'static str, String)>,
}

/// Reason why nothing could be lifted for a form, beside its field.
enum BulkUnbanError {
    Network(String),
    Selection(String),
}

/// `POST /bans/unban`: `one` ban or a few `selected` ones (each a `ban`) at once, more of them, all that are `matching`
/// or in a `network` after a page that says what it hits.
pub(crate) async fn unban(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    params: Query<BanParams>,
    form: Form,
) -> Result<Reply, Error> {
    if let Some(one) = form.first("one") {
        return unban_one(&request, page, &state, &user, &params, one).await;
    }
    let asked = match parse_form(&form, &params, page.now)? {
        BulkUnbanForm::Lift(asked) => asked,
        BulkUnbanForm::Invalid(mistake) => return form_again(page, &state, &params, &form, mistake).await,
    };
    page.require_daemon()?;
    let here = to_url(&params.read()?);
    let selection = state.jails.selection(&asked.which).await?;
    let back = form.first("next").map_or_else(|| format!("/bans{here}"), |next| safe_redirect(Some(next)));
    let is_confirmed = form.first("confirmed") == Some("yes");
    let are_few =
        matches!(asked.which, Selection::Entries(_)) && (1..=MOST_AT_ONCE).contains(&selection.bans());
    if are_few && !is_confirmed {
        return Ok(Reply::with_message(back, at_once::lift(&state, &selection, user.name()).await));
    }
    if is_confirmed {
        if selection.bans() == 0 {
            let none = "None of them is still banned. Nothing was changed.";
            return Ok(Reply::with_message(back, Flash::bad(none)));
        }
        state.jails.unban_many(selection, false, user.name())?;
        state.jails.bulk_settled_within(MAX_WAIT).await;
        return Ok(Reply::started(back));
    }
    if selection.bans() == 0 {
        let mistake = nothing_to_lift(&asked.which);
        return form_again(page, &state, &params, &form, mistake).await;
    }
    let confirm = ConfirmPage { page, selection, what: asked.what, here, fields: asked.fields };
    Reply::question(&confirm, &format!("It was asked first, because it lifts {}.", confirm.many()))
}

/// Reads which bans are to be lifted. Bans made after the question was shown are not included, so
/// the question's time goes along as `asked`.
fn parse_form(fields: &Fields, params: &BanParams, now: Timestamp) -> Result<BulkUnbanForm, Error> {
    let query = params.read()?;
    let until = match fields.first("asked") {
        Some(asked) => {
            asked.parse().map_err(|_| Error::BadInput("The form's time cannot be read.".to_owned()))?
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
                let mistake = BulkUnbanError::Selection("Select at least one row.".to_owned());
                return Ok(BulkUnbanForm::Invalid(mistake));
            }
            again.extend(fields.all("ban").map(|ban| ("ban", ban.to_owned())));
            (Selection::Entries(bans), "The bans you selected.".to_owned())
        }
        "matching" => {
            let from = query.origin.map_or_else(String::new, |origin| format!(" {}", from(origin)));
            let what = match query.search.as_str() {
                "" => format!("All bans{from} in {place}."),
                search => format!("All bans{from} that match “{search}” in {place}."),
            };
            (Selection::Listed(Filter { search: query.search, origin: query.origin, ..filter }), what)
        }
        "network" => {
            let written = fields.first("network").unwrap_or_default();
            let network: Target = match written.parse() {
                Ok(network) => network,
                Err(error) => {
                    return Ok(BulkUnbanForm::Invalid(BulkUnbanError::Network(messages::explain(&error))));
                }
            };
            again.push(("network", network.to_string()));
            let what = format!("All bans inside {network} in {place}.");
            (Selection::Listed(Filter { network: Some(network), ..filter }), what)
        }
        _ => return Err(Error::BadInput("The form does not say what to unban.".to_owned())),
    };
    again.push(("asked", until.to_string()));
    Ok(BulkUnbanForm::Lift(BulkUnban { which, what, fields: again }))
}

fn nothing_to_lift(which: &Selection) -> BulkUnbanError {
    match which {
        Selection::Entries(_) => BulkUnbanError::Selection("None of them is still banned.".to_owned()),
        Selection::Listed(Filter { network: Some(network), .. }) => {
            BulkUnbanError::Network(format!("No bans inside {network}."))
        }
        Selection::Listed(_) => BulkUnbanError::Selection("No bans match.".to_owned()),
    }
}

/// The list again, with what is to be said about the form: nothing was done.
async fn form_again(
    page: Page,
    state: &State,
    params: &BanParams,
    form: &Fields,
    mistake: BulkUnbanError,
) -> Result<Reply, Error> {
    let mut shown = AllBansPage::load(page, state, params).await?;
    let why = match mistake {
        BulkUnbanError::Network(reason) => {
            form.first("network").unwrap_or_default().clone_into(&mut shown.network);
            shown.mistake.insert(reason).clone()
        }
        BulkUnbanError::Selection(reason) => shown.links.pick_mistake.insert(reason).clone(),
    };
    Reply::invalid(&shown, &why)
}

async fn unban_one(
    request: &HttpRequest,
    page: Page,
    state: &State,
    user: &CurrentUser,
    params: &BanParams,
    one: &str,
) -> Result<Reply, Error> {
    let (jail, entry) = ban_key::parse_ban_key(one)?;
    let back = format!("/bans{}", to_url(&params.read()?));
    let lifted = match state.jails.unban(&jail, std::slice::from_ref(&entry), user.name()).await {
        // Plain text that is not banned any more is nothing that could be banned.
        Err(jail_service::Error::NotBannable(_)) => Lifted::default(),
        other => other?,
    };
    let none = format!("{} is no longer banned in {jail}. Nothing was changed.", format::shown(&entry));
    let message = unban_message(&jail, &lifted, none);
    let message = match lifted.entries.as_slice() {
        [one] => at_once::and_elsewhere(state, message, &jail, one).await,
        _ => message,
    };
    let message = match lifted.entries.as_slice() {
        [] => message,
        _ => message.counted_by(&state.jails.jails_that_count_bans(&[&jail]).await),
    };
    let part = async {
        if htmx::is_of_row(request) {
            let cell = RowEnd::after_unban(&lifted).fragment(true, &jail, &Banned::from_daemon(&entry))?;
            return cell.and_daemon(&page);
        }
        AllBansPage::load(page, state, params).await?.fragment()
    };
    Reply::with_message(back, message).or_part(request, part).await
}
