//! The location and the owner of an address, as providers report them.

use std::fmt;

use ipnet::IpNet;
use jiff::Timestamp;
use strum::{Display, EnumString};

use super::country::Country;
use crate::domain::text;

/// The longest name that is kept from a provider's answer, in characters.
const LONGEST_NAME: usize = 120;

/// A name that somebody else wrote: one line, without hidden characters, of 1 to 120 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceName(String);

impl PlaceName {
    /// Cleans `text`. `None` where nothing is left of it.
    #[must_use]
    pub(crate) fn clean(text: &str) -> Option<Self> {
        // Every kind of white space becomes one space.
        let words =
            text.split_whitespace().map(|word| word.chars().filter(|c| !text::is_hidden(*c)).collect());
        let words: Vec<String> = words.filter(|word: &String| !word.is_empty()).collect();
        let kept: String = words.join(" ").chars().take(LONGEST_NAME).collect();
        let kept = kept.trim_end();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The facts that one provider, or several together, know of an address. A field that they do not
/// know is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The country.
    pub country: Option<Country>,
    /// The region of the country, as a federal state.
    pub(crate) region: Option<PlaceName>,
    /// The city.
    pub city: Option<PlaceName>,
    /// The number of the network (autonomous system) that the address belongs to.
    pub asn: Option<u32>,
    /// The addresses around it that belong together.
    pub network: Option<IpNet>,
    /// The operator of the network.
    pub(crate) organisation: Option<PlaceName>,
    /// Its name in reverse DNS, which the owner of the address chooses.
    pub(crate) reverse_name: Option<PlaceName>,
}

impl Place {
    /// Returns true if nothing is known at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes from `other` the fields that are unknown here. Returns true if there were any.
    pub(crate) fn fill_in(&mut self, other: &Self) -> bool {
        let before = self.clone();
        // A region beside the city of another provider may contradict it, so the two stay together.
        if self.city.is_none() && self.region.is_none() {
            self.city.clone_from(&other.city);
            self.region.clone_from(&other.region);
        }
        self.country = self.country.or(other.country);
        if self.asn.is_none() && self.organisation.is_none() {
            self.asn = other.asn;
            self.organisation.clone_from(&other.organisation);
        }
        self.network = self.network.or(other.network);
        if self.reverse_name.is_none() {
            self.reverse_name.clone_from(&other.reverse_name);
        }
        *self != before
    }

    /// Returns the city with its region, where that has another name.
    #[must_use]
    pub(crate) fn locality(&self) -> Option<String> {
        match (&self.city, &self.region) {
            (Some(city), Some(region)) if city != region => Some(format!("{city}, {region}")),
            (Some(one), _) | (None, Some(one)) => Some(one.to_string()),
            (None, None) => None,
        }
    }

    /// The network's number as it is written, as `AS15169`.
    #[must_use]
    pub(crate) fn as_number(&self) -> Option<String> {
        self.asn.map(|number| format!("AS{number}"))
    }
}

/// A service that knows where addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum NetworkProvider {
    /// The service ip-api.com.
    IpApi,
    /// The domain name system, asked for an address's name.
    ReverseDns,
}

impl NetworkProvider {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IpApi => "ip-api.com",
            Self::ReverseDns => "reverse DNS",
        }
    }
}

/// A provider that knew something of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Its name: that of a service, or a file's with its type.
    pub by: String,
    /// The time of its answer, where it was asked over the network.
    pub at: Option<Timestamp>,
}

/// The facts that all providers together know of an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The facts.
    pub place: Place,
    /// The providers of any of it, in the configured order.
    pub told: Vec<Provenance>,
}

/// The words that the licence of a file asks for where its data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribution {
    /// For GeoLite2 by MaxMind.
    MaxMind,
    /// For the Lite files by DB-IP.
    DbIp,
}

impl Attribution {
    /// Returns the words that a file with this type in its metadata asks for; `None` where it asks
    /// for none.
    #[must_use]
    pub(crate) fn of_database(database_type: &str) -> Option<Self> {
        let lower = database_type.to_ascii_lowercase();
        if lower.starts_with("dbip") {
            Some(Self::DbIp)
        } else if lower.starts_with("geolite") {
            Some(Self::MaxMind)
        } else {
            None
        }
    }

    /// The words in front of the link.
    #[must_use]
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::MaxMind => "This product includes GeoLite data created by MaxMind, available from",
            Self::DbIp => "IP Geolocation by",
        }
    }

    /// Returns the target of the link.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::MaxMind => "https://www.maxmind.com",
            Self::DbIp => "https://db-ip.com",
        }
    }

    /// The words of the link.
    #[must_use]
    pub fn link(self) -> &'static str {
        match self {
            Self::MaxMind => "https://www.maxmind.com",
            Self::DbIp => "DB-IP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<PlaceName> {
        PlaceName::clean(text)
    }

    #[test]
    fn a_name_is_one_bounded_line_without_what_cannot_be_seen() {
        let cleaned = |text| name(text).map(|name| name.0);
        assert_eq!(cleaned(" A\u{0}\tB\nC\u{202e}\u{85} "), Some("A B C".to_owned()));
        assert_eq!(cleaned("A\u{ad}B\u{61c}C\u{e0041}\u{e007f}"), Some("ABC".to_owned()));
        assert_eq!(cleaned("Zürich"), Some("Zürich".to_owned()));
        assert_eq!(cleaned(" \u{7}\u{200b} "), None);
        assert_eq!(cleaned(&"é".repeat(5000)).map(|name| name.chars().count()), Some(LONGEST_NAME));
    }

    #[test]
    fn a_later_provider_fills_in_only_what_an_earlier_one_did_not_know() {
        let city = Place { city: name("Bonn"), country: Country::from_code("DE"), ..Place::default() };
        let mut place = city.clone();
        let other = Place {
            city: name("Berlin"),
            region: name("Berlin"),
            country: Country::from_code("FR"),
            asn: Some(64500),
            organisation: name("Example"),
            ..Place::default()
        };
        assert!(place.fill_in(&other));
        assert_eq!(place, Place { asn: Some(64500), organisation: name("Example"), ..city });
        assert!(!place.fill_in(&other), "it has nothing more to tell");
    }

    #[test]
    fn the_free_files_ask_for_their_words_and_others_for_none() {
        assert_eq!(Attribution::of_database("GeoLite2-City"), Some(Attribution::MaxMind));
        assert_eq!(Attribution::of_database("DBIP-City-Lite"), Some(Attribution::DbIp));
        assert_eq!(Attribution::of_database("DBIP-ASN-Lite (compat=GeoLite2-ASN)"), Some(Attribution::DbIp));
        assert_eq!(Attribution::of_database("GeoIP2-City"), None);
    }
}
