//! The origin of an address: a country, a range that belongs to nobody, or unknown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use strum::VariantArray as _;

use crate::domain::address::{Banned, Target};
use crate::domain::geo::fold::plain;

use super::country::Country;

pub(crate) mod sets;
pub(crate) mod special;

pub(crate) use special::Special;

/// A network is looked at piece by piece up to 2 to the power of this: pieces of one address in
/// IPv4, and in IPv6 of a /64, below which nothing is given to anybody (RFC 4291, 2.5.4).
const PIECES: u8 = 16;

/// The origin of an address. Two bytes; in the order in which a table shows it: countries by name,
/// then special ranges, then unknown ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// The country that the regional registry has on record. The address may be used in another
    /// one.
    Country(Country),
    /// A range that no country has.
    Special(Special),
    /// It is unassigned, comes from several places, or is no address.
    Unknown,
}

impl Origin {
    /// Number of different origins.
    pub(crate) const NUMBER: usize = Country::NUMBER + Special::VARIANTS.len() + 1;

    /// Returns the origin of an address.
    #[must_use]
    pub(crate) fn of_address(address: IpAddr) -> Self {
        let address = address.to_canonical();
        match Special::of_address(address) {
            Some(special) => Self::Special(special),
            None => country(iptocc::country_code(address)),
        }
    }

    /// Returns the origin of a network, if all of it has the same. Networks wider than a /16, in
    /// IPv6 a /48, are unknown unless they lie in one special range: to prove more would take too
    /// long.
    #[must_use]
    pub(crate) fn of_network(network: IpNet) -> Self {
        match Special::of_network(network) {
            Ok(Some(special)) => Self::Special(special),
            Ok(None) => match network {
                IpNet::V4(network) => of_all_v4(network),
                IpNet::V6(network) => of_all_v6(network),
            },
            Err(special::Partly) => Self::Unknown,
        }
    }

    /// Returns the origin of an entry that a jail holds; that of a text is unknown.
    #[must_use]
    pub(crate) fn of_banned(banned: &Banned) -> Self {
        match banned.target() {
            Some(Target::Address(address)) => Self::of_address(*address),
            Some(Target::Network(network)) => Self::of_network(*network),
            None => Self::Unknown,
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Country(country) => country.name(),
            Self::Special(special) => special.name(),
            Self::Unknown => "Unknown",
        }
    }

    /// Returns the text for it in a URL: `DE`, `private`, `unknown`.
    #[must_use]
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Country(country) => country.code(),
            Self::Special(special) => special.slug(),
            Self::Unknown => "unknown",
        }
    }

    /// Returns the origin that `slug` stands for, in any case.
    #[must_use]
    pub(crate) fn from_slug(slug: &str) -> Option<Self> {
        if let Some(country) = Country::from_code(slug) {
            return Some(Self::Country(country));
        }
        Self::all().find(|origin| origin.slug().eq_ignore_ascii_case(slug))
    }

    /// Its place in the order, from 0, below [`Origin::NUMBER`].
    #[must_use]
    pub(crate) fn rank(self) -> usize {
        match self {
            Self::Country(country) => country.rank(),
            Self::Special(special) => Country::NUMBER + special as usize,
            Self::Unknown => Self::NUMBER - 1,
        }
    }

    /// All of them, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        let countries = Country::all().map(Self::Country);
        countries.chain(Special::VARIANTS.iter().copied().map(Self::Special)).chain([Self::Unknown])
    }

    /// Returns true if a search for `text` stands for it: its code, or, from three letters on, the
    /// beginning of a word of its name. Less than that would find countries where part of an IPv6
    /// address is searched for.
    #[must_use]
    pub(crate) fn is_meant_by(self, text: &str) -> bool {
        let text = plain(text.trim());
        let begins_a_word = || {
            let name = plain(self.name());
            name.match_indices(&text).any(|(at, _)| !name[..at].ends_with(char::is_alphanumeric))
        };
        match self {
            Self::Country(country) if text.len() == 2 => country.code().eq_ignore_ascii_case(&text),
            Self::Country(_) | Self::Special(_) => text.len() > 2 && begins_a_word(),
            Self::Unknown => false,
        }
    }
}

fn country(code: Option<&str>) -> Origin {
    code.and_then(Country::from_code).map_or(Origin::Unknown, Origin::Country)
}

fn of_all_v4(network: Ipv4Net) -> Origin {
    if network.prefix_len() < network.max_prefix_len() - PIECES {
        return Origin::Unknown;
    }
    let (first, last) = (u32::from(network.network()), u32::from(network.broadcast()));
    of_all((first..=last).map(|bits| iptocc::country_code(Ipv4Addr::from(bits))))
}

fn of_all_v6(network: Ipv6Net) -> Origin {
    const HOST_BITS: u8 = 64;
    if network.prefix_len() < network.max_prefix_len() - HOST_BITS - PIECES {
        return Origin::Unknown;
    }
    let (first, last) = (u128::from(network.network()), u128::from(network.broadcast()));
    let pieces = (first >> HOST_BITS)..=(last >> HOST_BITS);
    of_all(pieces.map(|piece| iptocc::country_code(Ipv6Addr::from(piece << HOST_BITS))))
}

/// Returns the country of all the pieces, if they share one.
fn of_all(mut pieces: impl Iterator<Item = Option<&'static str>>) -> Origin {
    let first = pieces.next().flatten();
    if first.is_some() && pieces.all(|piece| piece == first) { country(first) } else { Origin::Unknown }
}

#[cfg(test)]
mod tests;
