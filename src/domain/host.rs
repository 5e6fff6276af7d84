//! Hosts, as URLs and ignore lists name them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;
use url::Host;

/// The longest name of the domain name system, in bytes.
const LONGEST_NAME: usize = 253;
/// The longest part between two dots of it, in bytes.
const LONGEST_LABEL: usize = 63;

/// A host without its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostName {
    /// A name of the domain name system, in lower case and ASCII, without a dot at its end.
    Name(String),
    /// An address, canonical: an IPv4 address is never written as an IPv6 one.
    Address(IpAddr),
}

/// Error for a text that is no host name.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a host name is written like bangui.example.org, 192.0.2.1 or [2001:db8::1], without http:// and without a port"
)]
pub struct HostNameError;

impl HostName {
    /// Returns the name, if it is none of an address.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    /// Reads numbers as a browser does: `10.1` and `0x0a000001` are addresses. An IPv6 address may stand in
    /// brackets, as in a URL.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self::Address(IpAddr::from(address).to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if !text.starts_with('[') && !is_name(name) {
            return Err(HostNameError);
        }
        Ok(match Host::parse(name).map_err(|_| HostNameError)? {
            Host::Domain(name) => Self::Name(name),
            Host::Ipv4(address) => Self::Address(address.into()),
            Host::Ipv6(address) => Self::Address(IpAddr::from(address).to_canonical()),
        })
    }
}

/// Returns true if `text` has the form of a name (RFC 1123), but for the underscore that some have.
/// `url` takes far more, as escapes and labels of any length.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= LONGEST_NAME && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_host_name_is_read_in_every_spelling() -> Result<(), Box<dyn Error>> {
        let name = |text: &str| HostName::Name(text.to_owned());
        assert_eq!("BanGUI.Example.ORG".parse(), Ok(name("bangui.example.org")));
        assert_eq!("example.org.".parse(), Ok(name("example.org")));
        assert_eq!("xn--bcher-kva.example".parse(), Ok(name("xn--bcher-kva.example")));
        let six = HostName::Address("2001:db8::1".parse()?);
        assert_eq!(("[2001:DB8:0::1]".parse(), "2001:db8::1".parse()), (Ok(six.clone()), Ok(six)));
        let four = HostName::Address("192.0.2.1".parse()?);
        for text in ["192.0.2.1", "[::ffff:192.0.2.1]", "0xc0000201", "192.0.513"] {
            assert_eq!(text.parse(), Ok(four.clone()), "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        let long = ["a".repeat(64), format!("{}a", "a.".repeat(127))];
        let bad = [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a b",
            "a:80",
            "http://a",
            "a/b",
            "bücher.example",
            "a@b",
            "*.a",
            "[a]",
            "[192.0.2.1]",
            "[::1",
            "::1]",
            "a,b",
            "a\r\nb",
            "<b>",
            "a%20b",
            "ex%61mple.org",
            "-a.example",
            "a-.example",
            "1.2.3.400",
            "xn--a.example",
        ];
        for text in bad.into_iter().chain(long.iter().map(String::as_str)) {
            assert_eq!(text.parse::<HostName>(), Err(HostNameError), "{text:?}");
        }
    }
}
