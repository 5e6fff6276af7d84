//! Places of the addresses on a page: the known ones go into the page at once, and those that a
//! provider is still asked for follow later. There are none where no provider is configured.

use std::net::IpAddr;
use std::time::Duration;

use askama::Template;
use itertools::Itertools as _;

use crate::domain::address::{Banned, Target};
use crate::domain::geo::place::{Attribution, Known};
use crate::geo::LookupResult;
use crate::web::extract::form::Fields;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::fragment::Fragment;
use super::messages;

/// The most addresses that are asked for at once: as many as a page has rows.
const MOST: usize = 100;
/// Number of times a page asks again before it gives up; it asks quickly the first times.
const TRIES: u32 = 30;
const QUICK_TRIES: u32 = 5;

/// Places of the addresses of a page.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// True if a provider of places is configured.
    is_on: bool,
    look: LookupResult,
    more: More,
}

/// Text about its address in a row.
#[derive(Debug, Template)]
#[template(path = "geo/row.html")]
pub(crate) struct Row {
    /// `None` where nothing is to stand there, now or later.
    address: Option<IpAddr>,
    words: PlaceDescription,
}

/// The words of a row.
#[derive(Debug, Default, Template)]
#[template(path = "geo/words.html")]
struct PlaceDescription {
    /// The city, and whose network it is.
    parts: Vec<String>,
    /// All of it, exactly.
    title: String,
}

/// Part below the rows: the problem, the source of the data, and the request for the rest.
#[derive(Debug, Default, Template)]
#[template(path = "geo/more.html")]
pub(crate) struct More {
    is_on: bool,
    problem: Option<String>,
    attributions: Vec<Attribution>,
    /// Next request.
    next: Option<NextPoll>,
}

/// The next question of a page for what was not known yet.
#[derive(Debug)]
pub(crate) struct NextPoll {
    /// URL of the request.
    pub url: String,
    /// Seconds to wait before it.
    pub seconds: u32,
}

impl NextPoll {
    /// The question after `tries` others, unless it has been asked often enough. Not before a provider that
    /// is left alone for a while is asked again.
    pub(crate) fn after(tries: u32, waits: Duration, path: &str, addresses: &[IpAddr]) -> Option<Self> {
        if addresses.is_empty() || tries >= TRIES {
            return None;
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for address in addresses.iter().take(MOST) {
            query.append_pair("ip", &address.to_string());
        }
        query.append_pair("try", &(tries + 1).to_string());
        let usual = if tries < QUICK_TRIES { 1 } else { 4 };
        let waits = u32::try_from(waits.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        Some(Self { url: format!("{path}?{}", query.finish()), seconds: usual.max(waits) })
    }
}

/// Query of a page: addresses, and how often it has asked before.
pub(crate) struct GeoQuery {
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// Number of earlier requests.
    pub(crate) tries: u32,
}

impl GeoQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// When it names something else than addresses, or too many.
    pub(crate) fn parse(query: &str) -> Result<Self, Error> {
        let fields = Fields::parse(query.as_bytes());
        let addresses: Result<Vec<IpAddr>, _> = fields.all("ip").map(str::parse).collect();
        let tries = fields.first("try").map_or(Ok(0), str::parse);
        match (addresses, tries) {
            (Ok(addresses), Ok(tries)) if addresses.len() <= MOST => Ok(Self { addresses, tries }),
            _ => Err(Error::BadInput(format!("This takes up to {MOST} IP addresses."))),
        }
    }
}

impl Places {
    /// Looks up the places of `entries`. Networks and texts have none.
    pub(crate) async fn known<'a>(state: &State, entries: impl IntoIterator<Item = &'a Banned>) -> Self {
        let addresses = entries.into_iter().filter_map(address_of).take(MOST).collect();
        Self::for_query(state, GeoQuery { addresses, tries: 0 }).await
    }

    /// Looks up the places of the addresses that a page asks for.
    pub(crate) async fn for_query(state: &State, asked: GeoQuery) -> Self {
        if !state.geo.tells_places() {
            return Self::default();
        }
        // Boxed, or every page that has places would carry its room along.
        let look = Box::pin(state.geo.look(&asked.addresses)).await;
        // In the order of the page, which has some of them several times.
        let pending = asked.addresses.into_iter().unique();
        let pending: Vec<IpAddr> =
            pending.filter(|address| look.pending.contains(&address.to_canonical())).collect();
        let more = More {
            is_on: true,
            problem: state.geo.problems().first().map(messages::explain),
            attributions: state.geo.attributions(),
            next: NextPoll::after(asked.tries, state.geo.waits(), "/geo", &pending),
        };
        Self { is_on: true, look, more }
    }

    /// Leaves only what is known already, for a page without scripts: nothing follows later.
    pub(crate) fn without_asking_again(self) -> Self {
        Self { more: More { next: None, ..self.more }, ..self }
    }

    /// Returns the text in the row of `banned`.
    pub(crate) fn row(&self, banned: &Banned) -> Row {
        let address = address_of(banned).filter(|_| self.is_on);
        Row { address, words: address.map(|address| self.describe(address)).unwrap_or_default() }
    }

    fn describe(&self, address: IpAddr) -> PlaceDescription {
        self.look.known.get(&address.to_canonical()).map(PlaceDescription::describe).unwrap_or_default()
    }

    /// Returns the part below the rows.
    pub(crate) fn more(&self) -> &More {
        &self.more
    }

    /// Renders the part below the rows, with the text of each row whose place is known.
    pub(crate) fn fragment(&self) -> Result<Fragment, Error> {
        let mut fragment = Fragment::new(self.more.render()?);
        for (address, known) in &self.look.known {
            fragment = fragment.and_place(*address, &PlaceDescription::describe(known).render()?);
        }
        Ok(fragment)
    }
}

impl PlaceDescription {
    fn describe(known: &Known) -> Self {
        let place = &known.place;
        let network = place.organisation.as_ref().map(ToString::to_string).or_else(|| place.as_number());
        let city = place.city.as_ref().or(place.region.as_ref()).map(ToString::to_string);
        let parts = city.into_iter().chain(network).collect();
        let told: Vec<&str> = known.told.iter().map(|told| told.by.as_str()).collect();
        let exact = [
            place.locality(),
            place.organisation.as_ref().map(ToString::to_string),
            place.as_number(),
            place.network.map(|network| network.to_string()),
        ];
        let exact: Vec<String> = exact.into_iter().flatten().collect();
        Self { parts, title: format!("{} (told by {})", exact.join(" · "), told.join(", ")) }
    }
}

/// The one address that an entry is.
fn address_of(banned: &Banned) -> Option<IpAddr> {
    match banned.target()? {
        Target::Address(address) => Some(*address),
        Target::Network(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_quickly_then_slowly_and_then_no_more() -> Result<(), Box<dyn std::error::Error>> {
        let addresses: Vec<IpAddr> = vec!["192.0.2.1".parse()?, "2001:db8::1".parse()?];
        let after = |tries, waits| NextPoll::after(tries, Duration::from_secs(waits), "/geo", &addresses);
        let first = after(0, 0).ok_or("no question")?;
        assert_eq!(first.url, "/geo?ip=192.0.2.1&ip=2001%3Adb8%3A%3A1&try=1");
        let asked = GeoQuery::parse(first.url.split_once('?').ok_or("no query")?.1)?;
        assert_eq!((asked.addresses, asked.tries), (addresses.clone(), 1));
        let later = after(20, 0).ok_or("no question")?;
        assert!(first.seconds < later.seconds);
        assert!(after(0, 50).is_some_and(|next| next.seconds >= 50), "it is left alone so long");
        assert!(after(TRIES, 0).is_none());
        assert!(NextPoll::after(0, Duration::ZERO, "/geo", &[]).is_none());
        Ok(())
    }

    #[test]
    fn a_question_that_is_no_list_of_addresses_is_refused() {
        let many = "ip=192.0.2.1&".repeat(MOST + 1);
        for query in ["ip=x", "ip=192.0.2.0/24", "ip=", "try=x", "try=-1", many.trim_end_matches('&')] {
            assert!(GeoQuery::parse(query).is_err(), "{query}");
        }
        assert!(GeoQuery::parse("").is_ok_and(|asked| asked.addresses.is_empty()));
    }
}
