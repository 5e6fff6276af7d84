//! Addresses and networks that people name, and the entries that fail2ban holds as banned.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text;

/// The length of `::ffff:0:0/96`, behind which the IPv4 addresses stand.
pub(crate) const MAPPED: u8 = 96;

/// An address or a network that a person named. Always in normal form: `2001:DB8::0:1` is
/// `2001:db8::1`, `203.0.113.7/24` is `203.0.113.0/24`, and `203.0.113.7/32` is the address itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// One address.
    Address(IpAddr),
    /// Every address of a network.
    Network(IpNet),
}

/// Reason why a text is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Nothing was written.
    #[error("no address or network was written")]
    Empty,
    /// It was read as neither. Holds the text, shortened.
    #[error("{0:?} is neither an address nor a network")]
    Unreadable(String),
}

impl Target {
    /// Returns true if `address` is this address or lies in this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Address(own) => *own == address.to_canonical(),
            Self::Network(network) => network.contains(&address.to_canonical()),
        }
    }

    /// Returns true if it is so large a network that an unban of it lifts what has nothing to do with one another:
    /// larger than a /16, or a /32 of IPv6.
    #[must_use]
    pub(crate) fn holds_many(&self) -> bool {
        match self {
            Self::Address(_) => false,
            Self::Network(IpNet::V4(network)) => network.prefix_len() < 16,
            Self::Network(IpNet::V6(network)) => network.prefix_len() < 32,
        }
    }

    /// Returns true if every address of `other` is also one of this target.
    #[must_use]
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Address(address)) => self.contains(*address),
            (Self::Network(own), Self::Network(inner)) => own.contains(inner),
            (Self::Address(_), Self::Network(_)) => false,
        }
    }
}

impl From<IpAddr> for Target {
    /// An IPv4 address that arrives as IPv6 (`::ffff:203.0.113.7`) is the IPv4 address: this is how
    /// fail2ban reads it too (`fail2ban/server/ipdns.py`, `IP_4_6`).
    fn from(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    /// A network of IPv4 that is written as one of IPv6 (`::ffff:10.0.0.0/104`) is the network of IPv4: fail2ban would
    /// compare it with no address (`fail2ban/server/ipdns.py`, `isInNet`).
    fn from_str(text: &str) -> Result<Self, TargetError> {
        Ok(match Self::as_written(text)? {
            Self::Network(network) => mapped(&network).map_or(Self::Network(network), Self::Network),
            address @ Self::Address(_) => address,
        })
    }
}

impl Target {
    /// Reads a target as fail2ban does, which takes a network for what it is written as.
    pub(crate) fn as_written(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        match text.parse::<IpNet>() {
            Ok(network) if network.prefix_len() == network.max_prefix_len() => Ok(network.addr().into()),
            Ok(network) => Ok(Self::Network(network.trunc())),
            Err(_) => Err(TargetError::Unreadable(text::truncate(text, 60))),
        }
    }
}

/// The network of IPv4 that `network` writes as one of IPv6. Not the whole of it: nobody means that.
fn mapped(network: &IpNet) -> Option<IpNet> {
    let IpNet::V6(network) = network else { return None };
    let length = network.prefix_len().checked_sub(MAPPED).filter(|length| *length > 0)?;
    Some(Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()?.into())
}

impl TryFrom<String> for Target {
    type Error = TargetError;

    fn try_from(text: String) -> Result<Self, TargetError> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// Reads several targets, separated by white space, commas or semicolons; each is kept once.
///
/// # Errors
/// The first text that is no target, or that there was none.
pub(crate) fn parse_targets(text: &str) -> Result<Vec<Target>, TargetError> {
    let mut targets: Vec<Target> = Vec::new();
    for word in
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty())
    {
        let target = word.parse()?;
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() { Err(TargetError::Empty) } else { Ok(targets) }
}

/// An entry that a jail holds as banned. fail2ban bans any text it is told to
/// (`set J banip not-an-ip`), and bans by what a filter finds, which may be a user name: so not
/// every entry is an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Banned {
    /// An address or a network, written by fail2ban in the normal form that we use as well.
    Target(Target),
    /// Any other text, as the daemon listed it, letter for letter.
    Text(String),
}

impl Banned {
    /// Reads an entry of a ban list. Text that would not read back as it stood stays text, so that
    /// an unban names exactly what the daemon holds.
    #[must_use]
    pub fn from_daemon(text: &str) -> Self {
        // Most entries; there is one way only to write such an address, so it need not be written to see.
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Self::Target(IpAddr::from(address).into());
        }
        match text.parse::<Target>() {
            Ok(target) if target.to_string() == text => Self::Target(target),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The address or network, if it is one.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Target(target) => Some(target),
            Self::Text(_) => None,
        }
    }

    /// Another name of the ban that is listed as this address: the address with a prefix that is longer than any
    /// can be. A log line may name `203.0.113.3/33`; fail2ban lists that, and each ban of the same address with
    /// `/0`, without its prefix, and does not find it so. By this name it finds every ban that begins with the
    /// address, a network among them (`fail2ban/server/ipdns.py`, `IPAddr.ntoa` and `isInNet`;
    /// `fail2ban/server/actions.py`, `removeBannedIP`). `None` where this is no address.
    #[must_use]
    pub(crate) fn with_impossible_prefix(&self) -> Option<Self> {
        Some(Self::Text(with_impossible_prefix(&self.to_string())?))
    }

    /// Returns true if the entry can be named on fail2ban's wire at all. Control characters can:
    /// what a filter finds may hold them, and fail2ban has the entry already.
    #[must_use]
    pub(crate) fn is_sendable(&self) -> bool {
        match self {
            Self::Target(_) => true,
            Self::Text(text) => text::ends_no_message(text),
        }
    }
}

impl From<String> for Banned {
    fn from(text: String) -> Self {
        Self::from_daemon(&text)
    }
}

impl From<Banned> for String {
    fn from(banned: Banned) -> Self {
        match banned {
            Banned::Target(target) => target.into(),
            Banned::Text(text) => text,
        }
    }
}

impl fmt::Display for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => target.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The address `text` with a prefix longer than any of its kind; `None` where it is no address.
pub(crate) fn with_impossible_prefix(text: &str) -> Option<String> {
    let longest = match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(_) => Ipv4Addr::BITS,
        IpAddr::V6(_) => Ipv6Addr::BITS,
    };
    Some(format!("{text}/{}", longest + 1))
}

#[cfg(test)]
mod tests;
