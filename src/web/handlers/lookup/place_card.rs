//! The card of a look-up that says where an address is and whose network it belongs to.

use std::net::IpAddr;

use askama::Template;
use jiff::Timestamp;

use crate::domain::geo::place::{Attribution, Known};
use crate::web::state::State;
use crate::web::view::geo::NextPoll;
use crate::web::view::messages;
use crate::web::view::page::Page;

/// Card with what is known of the place of one address.
#[derive(Debug, Template)]
#[template(path = "lookup/place_card.html")]
pub(crate) struct PlaceCard {
    address: IpAddr,
    known: Known,
    /// True if a provider is still being asked.
    is_pending: bool,
    /// Request for the rest.
    next: Option<NextPoll>,
    tells_places: bool,
    tells_names: bool,
    problem: Option<String>,
    attributions: Vec<Attribution>,
    csrf: String,
    now: Timestamp,
}

impl PlaceCard {
    /// Reads what is known of `address`, of which a page has asked `tries` times before. `None` where
    /// no provider is configured.
    pub(crate) async fn load(page: &Page, state: &State, address: IpAddr, tries: u32) -> Option<Self> {
        let geo = &state.geo;
        if !geo.is_configured() {
            return None;
        }
        let mut look = geo.look(&[address]).await;
        let is_pending = look.pending.contains(&address);
        let known = look.known.remove(&address).unwrap_or_default();
        let next =
            is_pending.then(|| NextPoll::after(tries, geo.waits(), "/lookup/place", &[address])).flatten();
        Some(Self {
            address,
            is_pending,
            next,
            tells_places: geo.tells_places(),
            tells_names: geo.tells_names(),
            problem: geo.problems().first().map(messages::explain),
            attributions: if known.place.is_empty() { Vec::new() } else { geo.attributions() },
            known,
            csrf: page.csrf.clone(),
            now: page.now,
        })
    }

    /// Returns the text shown where nothing is known.
    fn nothing(&self) -> &'static str {
        if self.is_pending { "is being looked up …" } else { "not known to any provider" }
    }

    /// The number of the network, and the addresses in it.
    fn network(&self) -> Option<String> {
        let parts =
            [self.known.place.as_number(), self.known.place.network.map(|network| network.to_string())];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// The city with its region and its country.
    fn place_name(&self) -> Option<String> {
        let country = self.known.place.country.map(|country| country.name().to_owned());
        let parts: Vec<String> = self.known.place.locality().into_iter().chain(country).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
