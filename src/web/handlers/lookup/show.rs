//! `/lookup`: everything that is known of one address.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::domain::address::Target;
use crate::domain::geo::origin::Origin;
use crate::domain::ignore::{EverywhereEntry, Listed};
use crate::domain::jail::{JailName, Unread};
use crate::domain::lookup::Ignored;
use crate::domain::text;
use crate::domain::timed_ban::TimedBan;
use crate::geo::NameError;
use crate::jail_service;
use crate::jail_service::{ActiveBan, Gap, LookUp, Missing};
use crate::web::extract::form::Form;
use crate::web::extract::{ban_key, ban_query};
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_term::TermForm;
use crate::web::view::ban_time::BanTime;
use crate::web::view::geo::GeoQuery as AskedPlaces;
use crate::web::view::page::Page;
use crate::web::view::timed_bans::TimedBans;
use crate::web::view::{assets, format, fragment, messages, timed_bans};

use super::cause::Causes;
use super::past::Told;
use super::place_card::PlaceCard;

/// Most current bans that are listed one by one.
const HOLDERS: usize = 50;

#[derive(Template)]
#[template(path = "lookup/show.html")]
pub(super) struct LookupPage {
    page: Page,
    /// The text that was entered.
    written: String,
    mistake: Option<String>,
    found: Option<LookUp>,
    /// What BanGUI's record tells of it.
    pub(super) past: Told,
    /// The address's place; only for a single address, and where a provider is configured.
    place: Option<PlaceCard>,
    causes: Causes,
    /// The bans that have an end of their own.
    pub(super) timed: TimedBans,
    /// The entries that every jail ignores.
    pub(super) everywhere: Vec<EverywhereEntry>,
    /// Those that no jail holds now.
    waiting: Vec<TimedBan>,
    /// The form to ban with: nothing is chosen yet.
    term: TermForm,
}

impl LookupPage {
    /// The page where nothing was found.
    fn empty(page: Page, written: String, mistake: Option<String>) -> Self {
        let (timed, term) = (TimedBans::default(), TermForm::default());
        Self {
            page,
            written,
            mistake,
            found: None,
            past: Told::Nothing,
            place: None,
            causes: Causes::default(),
            timed,
            everywhere: Vec::new(),
            waiting: Vec::new(),
            term,
        }
    }
}

/// A line about the ignore lists: one for each jail whose list matters.
struct IgnoreLine<'a> {
    jail: &'a JailName,
    said: LookupMessage<'a>,
}

enum LookupMessage<'a> {
    Through(&'a str),
    Partly(&'a [String]),
    Unjudged(&'a [Listed]),
    Unread(&'a Unread),
}

/// A jail, as something can be done in it.
struct InJail<'a> {
    name: &'a JailName,
    is_banned: bool,
    is_ignored: bool,
}

#[derive(Deserialize)]
pub(crate) struct LookupQuery {
    ip: Option<String>,
}

/// `GET /lookup`; with `ip`, shows what is known of it.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    query: Query<LookupQuery>,
) -> Result<HttpResponse, Error> {
    page.require_daemon()?;
    let Some(mut written) = query.into_inner().ip else {
        let empty = LookupPage::empty(page, String::new(), None);
        return fragment::full_page(&empty, StatusCode::OK);
    };
    let mut found = state.jails.look_up(&written).await;
    // What is typed may have spaces around it, and so may what is banned.
    if matches!(found, Err(jail_service::Error::NotBannable(_))) && written.trim() != written {
        written = written.trim().to_owned();
        found = state.jails.look_up(&written).await;
    }
    match found {
        Ok(found) => {
            let place = match found.asked.target() {
                Some(Target::Address(address)) => PlaceCard::load(&page, &state, *address, 0).await,
                Some(Target::Network(_)) | None => None,
            };
            let past = Told::load(&found.asked, &page, &state).await;
            let timed = TimedBans::read(&state, None).await?;
            let waiting = found.asked.target().map(|asked| timed.waiting(asked, &found.holders));
            let shown = LookupPage {
                past,
                place,
                causes: Causes::read(&found, &state).await,
                timed,
                everywhere: state.jails.ignored_everywhere().await?,
                waiting: waiting.unwrap_or_default(),
                found: Some(found),
                ..LookupPage::empty(page, written, None)
            };
            fragment::full_page(&shown, StatusCode::OK)
        }
        Err(jail_service::Error::NotBannable(_)) => {
            let mistake = written.parse::<Target>().err().as_ref().map(messages::explain);
            let again = LookupPage::empty(page, written, mistake);
            fragment::mistaken_page(&again)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /lookup/place`: what has become known of the place of `ip`.
pub(crate) async fn place_fragment(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
) -> Result<HttpResponse, Error> {
    let asked = AskedPlaces::parse(request.query_string())?;
    let [address] = asked.addresses[..] else {
        return Err(Error::BadInput("This takes one IP address.".to_owned()));
    };
    match PlaceCard::load(&page, &state, address.to_canonical(), asked.tries).await {
        Some(card) => fragment::full_page(&card, StatusCode::OK),
        None => Err(Error::BadInput("No provider of places is configured.".to_owned())),
    }
}

/// `POST /lookup/name`: asks the DNS for the name of `ip`.
pub(crate) async fn ask_name(state: Data<State>, form: Form) -> Result<Reply, Error> {
    let address = form.value::<IpAddr>("ip")?.to_canonical();
    let message = match state.geo.ask_name(address).await {
        Ok(name) => Flash::good(format!("{address} has the name {name}.")),
        Err(NameError::NotConfigured) => {
            let why = "Reverse DNS is not among the providers in BanGUI's configuration.";
            return Err(Error::BadInput(why.to_owned()));
        }
        Err(error) => Flash::bad(messages::geo::no_name(address, error)),
    };
    Ok(Reply::with_message(format!("/lookup?ip={address}"), message))
}

impl LookupPage {
    /// Describes where it is banned, in a few words that follow what was asked for.
    fn held(found: &LookUp) -> String {
        let is_network = matches!(found.asked.target(), Some(Target::Network(_)));
        let is_itself = found.holders.iter().all(|held| held.ban.banned == found.asked);
        let that = if found.gaps.iter().any(Gap::is_whole) { " whose list could be read" } else { "" };
        match (found.holders.as_slice(), is_network, is_itself) {
            ([], false, _) => format!("is not banned in any jail{that}"),
            ([], true, _) => format!("is not banned in any jail{that}, and neither is any address in it"),
            ([one], _, true) => format!("is banned in {}", one.jail),
            (many, _, true) => format!("is banned in {} jails", many.len()),
            ([one], false, false) => format!("is banned in {}, as part of a network", one.jail),
            ([_], true, false) => "is affected by 1 ban".to_owned(),
            (many, _, false) => format!("is affected by {} bans", format::number(many.len())),
        }
    }

    /// Every jail, with what it does with all of what was asked for.
    fn jails(found: &LookUp) -> Vec<InJail<'_>> {
        let is_banned = |jail: &JailName| {
            found.holders.iter().any(|held| held.jail == *jail && held.ban.banned == found.asked)
        };
        let jails = found.ignored.iter().map(|(name, about)| InJail {
            name,
            is_banned: is_banned(name),
            is_ignored: matches!(about, Ok(Ignored::Through(_))),
        });
        jails.collect()
    }

    /// Returns true if several jails ban just what was asked for.
    fn is_in_several(found: &LookUp) -> bool {
        found.holders.iter().filter(|held| held.ban.banned == found.asked).nth(1).is_some()
    }

    /// All of `jails`, in a few words.
    fn every(jails: &[InJail<'_>]) -> String {
        match jails {
            [one] => one.name.to_string(),
            many => format!("all {} jails", format::number(many.len())),
        }
    }

    fn shown_holders(found: &LookUp) -> &[ActiveBan] {
        found.holders.get(..HOLDERS).unwrap_or(&found.holders)
    }

    fn has_unknown_zone(found: &LookUp) -> bool {
        found.holders.iter().any(|held| !held.context.is_zone_known)
    }

    fn time(&self, held: &ActiveBan) -> BanTime {
        BanTime::describe(&self.timed.own(&held.jail, &held.ban), &held.context, &self.page.now)
    }

    /// The entries that are names, and the others, each with what there is to know about it.
    fn unjudged(entries: &[Listed]) -> (Vec<&Listed>, Vec<(&Listed, String)>) {
        let others = entries.iter().filter_map(|entry| Some((entry, messages::explain(&entry.oddity()?))));
        (entries.iter().filter(|entry| entry.oddity().is_none()).collect(), others.collect())
    }

    /// The path that stops ignoring an entry in `jail`.
    fn unignore(jail: &JailName) -> String {
        format!("{}/ignore/remove", ban_query::jail_path(jail))
    }

    /// Returns true if `entry` is not just what was asked for, so that removing it concerns other addresses as well.
    fn is_other(entry: &str, written: &str) -> bool {
        entry.parse::<Target>() != written.parse::<Target>()
    }

    fn ignore_lines<'a>(found: &'a LookUp) -> Vec<IgnoreLine<'a>> {
        let said = |said: &'a Result<Ignored, Unread>| match said {
            Ok(Ignored::Through(entry)) => Some(LookupMessage::Through(entry)),
            Ok(Ignored::Partly(entries)) => Some(LookupMessage::Partly(entries)),
            Ok(Ignored::No { unjudged }) if unjudged.is_empty() => None,
            Ok(Ignored::No { unjudged }) => Some(LookupMessage::Unjudged(unjudged)),
            Err(unread) => Some(LookupMessage::Unread(unread)),
        };
        let lines = found.ignored.iter();
        lines.filter_map(|(jail, about)| Some(IgnoreLine { jail, said: said(about)? })).collect()
    }

    /// The jails that certainly do not ignore it.
    fn not_ignoring(found: &LookUp) -> String {
        let certain = |about: &Result<Ignored, Unread>| matches!(about, Ok(Ignored::No { unjudged }) if unjudged.is_empty());
        let jails = found.ignored.iter().filter(|(_, about)| certain(about));
        jails.map(|(jail, _)| jail.as_str()).collect::<Vec<_>>().join(", ")
    }
}
