//! Passkeys (WebAuthn credentials): their names, and the sites that they are made for.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::host::HostName;
use crate::domain::text::is_hidden;

/// The number of a passkey in our database. Never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct PasskeyId(pub i64);

impl FromStr for PasskeyId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Name that its owner gives a passkey: 1 to 40 characters, all of which can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct PasskeyName(String);

/// Error for a text that is no name of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a name has 1 to 40 characters that can be seen")]
pub(crate) struct PasskeyNameError;

impl FromStr for PasskeyName {
    type Err = PasskeyNameError;

    fn from_str(text: &str) -> Result<Self, PasskeyNameError> {
        let name = text.trim();
        let is_short = (1..=40).contains(&name.chars().count());
        if is_short && !name.chars().any(is_hidden) {
            Ok(Self(name.to_owned()))
        } else {
            Err(PasskeyNameError)
        }
    }
}

impl TryFrom<String> for PasskeyName {
    type Error = PasskeyNameError;

    fn try_from(text: String) -> Result<Self, PasskeyNameError> {
        text.parse()
    }
}

impl From<PasskeyName> for String {
    fn from(name: PasskeyName) -> Self {
        name.0
    }
}

impl fmt::Display for PasskeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A passkey, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnPasskey {
    pub id: PasskeyId,
    pub name: PasskeyName,
    /// The host that it was made for.
    pub host: String,
    pub created: Timestamp,
    /// The last use, if there was one.
    pub used: Option<Timestamp>,
    /// True if it asks its owner for a PIN, a finger or the like. Others are a second factor only.
    pub verifies: bool,
}

/// Site on which passkeys are made and used: WebAuthn's relying party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Site {
    /// The host, in lower case: what a passkey is bound to.
    pub host: String,
    /// Scheme, host and port, as browsers write them.
    pub origin: String,
}

/// The reason that a page can neither make nor use passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NoPasskeys {
    /// They are bound to a name.
    #[error("the page was opened by an address")]
    Address,
    /// Browsers have them in secure contexts alone.
    #[error("the page was opened without HTTPS")]
    NotSecure,
}

impl Site {
    /// The site that a page at `host` and `port` belongs to, which came over HTTPS if `is_secure`.
    ///
    /// # Errors
    /// Browsers have no passkeys there.
    pub(crate) fn of(host: &HostName, port: Option<u16>, is_secure: bool) -> Result<Self, NoPasskeys> {
        let HostName::Name(host) = host else { return Err(NoPasskeys::Address) };
        if !is_secure && host != "localhost" {
            return Err(NoPasskeys::NotSecure);
        }
        let (scheme, usual) = if is_secure { ("https", 443) } else { ("http", 80) };
        let port = port.filter(|port| *port != usual).map_or_else(String::new, |port| format!(":{port}"));
        Ok(Self { host: host.clone(), origin: format!("{scheme}://{host}{port}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_can_be_seen() {
        let name = |text: &str| text.parse::<PasskeyName>().map(String::from);
        assert_eq!(name(" Phone, work 🔑 "), Ok("Phone, work 🔑".to_owned()));
        assert!(name(&"x".repeat(40)).is_ok());
        for bad in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(41)] {
            assert_eq!(name(bad), Err(PasskeyNameError), "{bad:?}");
        }
    }

    #[test]
    fn a_site_has_a_name_and_https_or_is_this_machine() -> Result<(), Box<dyn std::error::Error>> {
        let site = |host: &str, port, is_secure| -> Result<_, Box<dyn std::error::Error>> {
            Ok(Site::of(&host.parse()?, port, is_secure).map(|site| (site.host, site.origin)))
        };
        let expected = |host: &str, origin: &str| Ok((host.to_owned(), origin.to_owned()));
        assert_eq!(site("A.example", None, true)?, expected("a.example", "https://a.example"));
        assert_eq!(site("a.example", Some(443), true)?, expected("a.example", "https://a.example"));
        assert_eq!(site("a.example", Some(8443), true)?, expected("a.example", "https://a.example:8443"));
        assert_eq!(site("localhost", Some(8580), false)?, expected("localhost", "http://localhost:8580"));
        assert_eq!(site("a.example", None, false)?, Err(NoPasskeys::NotSecure));
        for address in ["127.0.0.1", "[::1]", "192.0.2.1"] {
            assert_eq!(site(address, None, true)?, Err(NoPasskeys::Address), "{address}");
        }
        Ok(())
    }
}
