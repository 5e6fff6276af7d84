//! The countries of a ban table: what is counted beside it, and what the links and buttons say.

use crate::domain::ban::page::{BanPage, BanQuery};
use crate::domain::geo::origin::Origin;
use crate::web::extract::ban_query::to_url;

use super::ban_links::BanLinks;
use super::format;

/// Number of countries counted beside the table.
const COUNTRIES: usize = 7;
/// Number of them that a phone shows (`static/app.css`, `.countries`).
const ON_PHONES: usize = 3;

/// A country of the list, and the link to its bans alone.
#[derive(Debug, Clone)]
pub(crate) struct CountryLink {
    /// The country, or what stands in its place.
    pub origin: Origin,
    /// Number of its bans that match the search.
    pub number: usize,
    /// True if the list shows it alone; then the link leads to all.
    pub(crate) is_chosen: bool,
    /// Query to append to the page's or the fragment's path.
    pub query: String,
}

/// The link to all countries of the list, or back to the most frequent ones.
#[derive(Debug, Clone)]
pub(crate) struct MoreCountries {
    /// Number of countries.
    pub number: usize,
    /// True if a wide screen shows all of them without the link.
    pub(crate) is_for_phones: bool,
    /// Query to append to the page's or the fragment's path.
    pub query: String,
}

impl BanLinks {
    /// The chosen country first, so that it can be taken away again; then the most frequent others, or
    /// all of them.
    pub(crate) fn countries(&self, shown: &BanPage) -> Vec<CountryLink> {
        let chosen = self.query.origin;
        let others = shown.origins.ranked().into_iter().filter(|(origin, _)| chosen != Some(*origin));
        let all = chosen.map(|origin| (origin, shown.origins.count_of(origin))).into_iter().chain(others);
        let link = |(origin, number)| {
            let is_chosen = chosen == Some(origin);
            let wanted = if is_chosen { None } else { Some(origin) };
            let query = to_url(&BanQuery { origin: wanted, page: 1, ..self.query.clone() });
            CountryLink { origin, number, is_chosen, query }
        };
        let most = if self.query.every_country { usize::MAX } else { COUNTRIES };
        all.take(most).map(link).collect()
    }

    /// The link to all countries, or back to the most frequent ones. None where a phone shows all anyway.
    pub(crate) fn more_countries(&self, shown: &BanPage) -> Option<MoreCountries> {
        let number = shown.origins.ranked().len();
        let turned = BanQuery { every_country: !self.query.every_country, ..self.query.clone() };
        let link = || MoreCountries { number, is_for_phones: number <= COUNTRIES, query: to_url(&turned) };
        (number > ON_PHONES).then(link)
    }

    /// The query of the same bans in the list over all jails.
    pub(crate) fn in_all(&self) -> String {
        let jail = self.jail.clone().or_else(|| self.query.jail.clone());
        to_url(&BanQuery { jail, page: 1, ..self.query.clone() })
    }

    /// Returns the label of the button that lifts all that match:
    /// `Unban all 12 from Germany in sshd that match`.
    pub(crate) fn unban_all(&self, shown: &BanPage) -> String {
        let from = self.query.origin.map_or_else(String::new, |origin| format!(" {}", from(origin)));
        let that_match = if self.query.search.is_empty() { "" } else { " that match" };
        let jail = self.query.jail.as_ref().map_or_else(String::new, |jail| format!(" in {jail}"));
        format!("Unban all {}{from}{jail}{that_match}", format::number(shown.matching))
    }

    /// Explains why the list is empty.
    pub(crate) fn nothing_found(&self) -> String {
        let search = self.query.search.as_str();
        match self.query.origin.map(from) {
            None => format!("No banned address contains “{search}”"),
            Some(from) if search.is_empty() => format!("No banned address is {from}"),
            Some(from) => format!("No banned address {from} contains “{search}”"),
        }
    }
}

/// Returns the origin in words, to follow a noun.
pub(crate) fn from(origin: Origin) -> String {
    match origin {
        Origin::Country(country) => format!("from {}", country.name()),
        Origin::Special(special) => format!("from “{}”", special.name()),
        Origin::Unknown => "from an unknown place".to_owned(),
    }
}
