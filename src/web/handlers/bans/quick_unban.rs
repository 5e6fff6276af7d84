//! `/unban`: the quick unban, made for a phone.

use std::collections::BTreeSet;
use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use itertools::Itertools as _;
use serde::Deserialize;

use crate::domain::address::Target;
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;
use crate::jail_service;
use crate::jail_service::{ActiveBan, Gap, Held, LatestBan, Missing, Unbanned};
use crate::web::extract::ban_key;
use crate::web::extract::client::Client;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_time::{BanTime, Moment};
use crate::web::view::geo::Places;
use crate::web::view::messages::action_failures;
use crate::web::view::messages::action_failures::Operation;
use crate::web::view::messages::bans::still_banned;
use crate::web::view::page::Page;
use crate::web::view::timed_bans::TimedBans;
use crate::web::view::{assets, format, fragment, messages};

/// Number of latest bans that are listed.
const LATEST: usize = 10;
/// Most entries inside a network that are listed one by one.
const HOLDERS: usize = 20;

#[derive(Template)]
#[template(path = "bans/quick_unban.html")]
struct UnbanPage {
    page: Page,
    client: IpAddr,
    own_bans: Vec<ActiveBan>,
    /// Gaps in the ban lists.
    gaps: Vec<Gap>,
    asked: String,
    mistake: Option<String>,
    holders: Vec<ActiveBan>,
    latest: Vec<LatestBan>,
    places: Places,
    /// The bans that have an end of their own.
    timed: TimedBans,
}

impl UnbanPage {
    fn shown_holders(&self) -> &[ActiveBan] {
        self.holders.get(..HOLDERS).unwrap_or(&self.holders)
    }

    fn is_network(&self, held: &ActiveBan) -> bool {
        held.ban.banned.target() != Some(&self.client.into())
    }

    fn is_local(&self) -> bool {
        self.client.is_loopback()
    }

    fn is_held(&self) -> String {
        match self.holders.as_slice() {
            [one] if one.ban.banned.to_string() == self.asked => format!("is banned in {}", one.jail),
            many if many.iter().all(|held| held.ban.banned.to_string() == self.asked) => {
                format!("is banned in {} jails", many.len())
            }
            many => {
                format!("is affected by {} {}", many.len(), if many.len() == 1 { "ban" } else { "bans" })
            }
        }
    }

    fn time(&self, held: &ActiveBan) -> BanTime {
        BanTime::describe(&self.timed.own(&held.jail, &held.ban), &held.context, &self.page.now)
    }

    fn since(&self, last: &LatestBan) -> Moment {
        BanTime::describe(&last.ban, &last.context, &self.page.now).since
    }

    fn has_unknown_zone(&self) -> bool {
        let contexts = self.own_bans.iter().chain(self.shown_holders()).map(|held| &held.context);
        contexts.chain(self.latest.iter().map(|last| &last.context)).any(|context| !context.is_zone_known)
    }
}

#[derive(Deserialize)]
pub(crate) struct QuickUnbanQuery {
    ip: Option<String>,
}

/// `GET /unban`, with `ip` showing where that is banned.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    query: Query<QuickUnbanQuery>,
) -> Result<HttpResponse, Error> {
    let mut asked = query.into_inner().ip.unwrap_or_default();
    page.require_daemon()?;
    let mut holders =
        if asked.trim().is_empty() { Vec::new() } else { state.jails.holders(&asked).await?.holders };
    // What is typed may have spaces around it, and so may what is banned.
    if holders.is_empty() && asked.trim() != asked {
        asked = asked.trim().to_owned();
        holders = if asked.is_empty() { holders } else { state.jails.holders(&asked).await?.holders };
    }
    let mistake = if holders.is_empty() && !asked.is_empty() { asked.parse::<Target>().err() } else { None };
    let mistake = mistake.as_ref().map(messages::explain);
    let shown = load_page(&request, page, &state, asked, mistake, holders).await?;
    if shown.mistake.is_some() {
        fragment::mistaken_page(&shown)
    } else {
        fragment::full_page(&shown, StatusCode::OK)
    }
}

/// `POST /unban`: everywhere, or in `jail` alone.
pub(crate) async fn unban(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let jail = match form.first("jail") {
        None | Some("") => None,
        Some(jail) => Some(jail.parse::<JailName>().map_err(|_| Error::NoPage)?),
    };
    page.require_daemon()?;
    let asked = match (form.first("ip"), ban_key::named(&form)?.pop()) {
        (Some(typed), _) => typed.trim().to_owned(),
        (None, Some(entry)) => entry,
        (None, None) => return Err(Error::BadInput("The form contains no address.".to_owned())),
    };
    match state.jails.unban_everywhere(&asked, jail.as_ref(), user.name()).await {
        Ok(unbanned) => {
            let jails: Vec<&JailName> = unbanned.lifted.iter().map(|(jail, _)| jail).collect();
            let counted_by =
                if jails.is_empty() { Vec::new() } else { state.jails.jails_that_count_bans(&jails).await };
            let is_free = unbanned.still_held.holders.is_empty();
            let message = unban_message(&asked, &unbanned, jail.is_some()).counted_by(&counted_by);
            if is_free && message.bad && unbanned.failed.is_empty() {
                let why = message.text;
                let again = load_page(&request, page, &state, asked, Some(why.clone()), Vec::new()).await?;
                return Reply::invalid(&again, &why);
            }
            let next = match form.first("next") {
                Some(next) => safe_redirect(Some(next)),
                None if is_free => "/unban".to_owned(),
                None => lookup(&asked),
            };
            Ok(Reply::with_message(next, message))
        }
        Err(jail_service::Error::NotBannable(_)) => {
            let mistake = asked.parse::<Target>().err().as_ref().map(messages::explain);
            let again = load_page(&request, page, &state, asked, mistake, Vec::new()).await?;
            Reply::invalid(&again, again.mistake.as_deref().unwrap_or("That is not banned."))
        }
        Err(error) => Err(error.into()),
    }
}

async fn load_page(
    request: &HttpRequest,
    page: Page,
    state: &State,
    asked: String,
    mistake: Option<String>,
    holders: Vec<ActiveBan>,
) -> Result<UnbanPage, Error> {
    let client = Client::of_request(request)?.address;
    let Held { holders: own_bans, gaps } = state.jails.holders(&client.to_string()).await?;
    let latest = state.jails.latest_bans(LATEST).await?;
    let shown = holders.iter().take(HOLDERS).map(|held| &held.ban.banned);
    let places = Places::known(state, shown.chain(latest.iter().map(|last| &last.ban.banned)))
        .await
        .without_asking_again();
    let timed = TimedBans::read(state, None).await?;
    Ok(UnbanPage { page, client, own_bans, gaps, asked, mistake, holders, latest, places, timed })
}

fn lookup(asked: &str) -> String {
    format!("/unban?ip={}", percent_encoding::utf8_percent_encode(asked, percent_encoding::NON_ALPHANUMERIC))
}

/// Describes the unban so that nobody mistakes its effect.
fn unban_message(asked: &str, unbanned: &Unbanned, in_one_jail: bool) -> Flash {
    let mut flash = undo_message(asked, unbanned, in_one_jail);
    let jails: BTreeSet<&JailName> = unbanned.lifted.iter().map(|(jail, _)| jail).collect();
    for (jail, failures) in &unbanned.failures {
        let all = unbanned.lifted.iter().filter(|(lifted_in, _)| lifted_in == jail).count();
        let but = if jails.len() == 1 {
            action_failures::sentences(Operation::Unban, failures, all)
        } else {
            action_failures::sentences_in(jail, Operation::Unban, failures, all)
        };
        if let Some(but) = but {
            flash.warns = true;
            flash.text = format!("{} {but}", flash.text);
        }
    }
    flash.with_undo(unbanned.lifted.iter().map(|(jail, banned)| (jail, banned)))
}

fn undo_message(asked: &str, unbanned: &Unbanned, in_one_jail: bool) -> Flash {
    let mut jails: Vec<String> = unbanned.lifted.iter().map(|(jail, _)| jail.to_string()).collect();
    jails.dedup();
    let (jails, number) = (jails.join(", "), unbanned.lifted.len());
    let asked = format::shown(asked);
    if !unbanned.failed.is_empty() {
        let done = if number == 0 {
            "Nothing was changed.".to_owned()
        } else {
            format!("It was lifted in {jails}.")
        };
        let failed = unbanned.failed.iter().map(|(jail, why)| format!("{jail} ({})", messages::explain(why)));
        let failed = failed.collect::<Vec<_>>().join(", ");
        return Flash::bad(format!("{asked} could not be unbanned in {failed}. {done}"));
    }
    if !unbanned.still_banned.is_empty() {
        let still = unbanned.still_banned.iter().map(|(jail, entries)| still_banned(jail, entries));
        let lifted = (number > 0).then(|| format!("{asked} was unbanned in {jails}."));
        return Flash::bad(still.chain(lifted).collect::<Vec<_>>().join(" "));
    }
    match (number, unbanned.still_held.holders.is_empty()) {
        (0, true) if unbanned.still_held.gaps.iter().any(Gap::is_whole) => Flash::bad(format!(
            "{asked} is not banned in any jail whose list could be read. Nothing was changed."
        )),
        (0, true) => Flash::bad(format!("{asked} is not banned in any jail. Nothing was changed.")),
        (0, false) => Flash::bad(format!("{asked} is still banned, as listed below. Nothing was changed.")),
        (1, true) => Flash::good(format!("{asked} is no longer banned in {jails}.")),
        (_, true) => Flash::good(format!(
            "{asked} is no longer banned: {} bans were lifted in {jails}.",
            format::number(number)
        )),
        (_, false) => {
            let others = unbanned.still_held.holders.iter().map(|held| held.jail.as_str()).dedup().join(", ");
            let text = format!("{asked} was unbanned in {jails}, and is still banned in {others}.");
            // Of one jail nothing else was asked.
            if in_one_jail { Flash::good(text) } else { Flash::bad(text) }
        }
    }
}
