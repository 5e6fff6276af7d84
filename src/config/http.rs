//! How BanGUI is reached: under which names, through which web servers, and whether unencrypted.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use clap::Args;
use clap::builder::BoolishValueParser;
use ipnet::{IpNet, Ipv4Net};
use thiserror::Error;

/// The longest name of the domain name system, in bytes.
const LONGEST_NAME: usize = 253;
/// The longest part between two dots of it, in bytes.
const LONGEST_LABEL: usize = 63;
/// The bits in front of an IPv4 address that is written as an IPv6 one.
const MAPPED_BITS: u8 = 96;

/// The settings of this file. Unless told, only this machine reaches BanGUI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct HttpConfig {
    /// A host name under which BanGUI is reached, as it stands in the browser's address bar, without
    /// the port. May be given several times. localhost, loopback addresses and the very address that
    /// is listened on are always allowed.
    #[arg(long = "host", value_name = "NAME", env = "BANGUI_HOST", value_delimiter = ',')]
    pub hosts: Vec<HostName>,
    /// An address or network of web servers in front of BanGUI, whose X-Forwarded-For and
    /// X-Forwarded-Proto are believed. May be given several times.
    #[arg(
        long = "trusted-proxy",
        value_name = "NET",
        env = "BANGUI_TRUSTED_PROXY",
        value_delimiter = ',',
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Serve plain HTTP beyond this machine, although whoever is on the way can then read passwords
    /// and take over sessions.
    #[arg(long, env = "BANGUI_ALLOW_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    pub allow_plain_http: bool,
}

/// Why BanGUI does not start.
#[derive(Debug, Error)]
#[error(
    "not listening on {0}, which is beyond this machine, over plain HTTP: name the web server with HTTPS that is in \
     front with --trusted-proxy, or permit plain HTTP with --allow-plain-http"
)]
pub(crate) struct PlainHttpError(SocketAddr);

impl HttpConfig {
    /// Whether `listen` may be listened on, which is always over plain HTTP.
    ///
    /// # Errors
    /// When it is beyond this machine and neither a proxy is trusted nor plain HTTP permitted.
    pub(crate) fn permit(&self, listen: SocketAddr) -> Result<(), PlainHttpError> {
        // Canonical, because ::ffff:127.0.0.1 is this machine too.
        let is_private = listen.ip().to_canonical().is_loopback();
        let is_permitted = is_private || self.allow_plain_http || !self.trusted_proxies.is_empty();
        if is_permitted { Ok(()) } else { Err(PlainHttpError(listen)) }
    }

    /// Whether the forwarded headers of `peer` are believed. It is canonical.
    #[must_use]
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// A host as it stands in a URL, without its port: in lower case and ASCII, or an IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostName {
    /// A name, without a dot at its end.
    Name(String),
    /// An address, canonical: an IPv4 address is never written as an IPv6 one.
    Address(IpAddr),
}

/// Why a text is no host name.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a host name is written like bangui.example.org, 192.0.2.1 or [2001:db8::1], without http:// and without a port"
)]
pub struct HostNameError;

impl FromStr for HostName {
    type Err = HostNameError;

    /// An IPv6 address may stand in brackets, as in a URL.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let inner = bracketed.strip_suffix(']').ok_or(HostNameError)?;
            let address: std::net::Ipv6Addr = inner.parse().map_err(|_| HostNameError)?;
            return Ok(Self::Address(IpAddr::from(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_name = name.len() <= LONGEST_NAME && name.split('.').all(is_label);
        if is_name { Ok(Self::Name(name.to_ascii_lowercase())) } else { Err(HostNameError) }
    }
}

fn is_label(label: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_known)
}

/// Reads an address or a network.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| text.parse()).map_err(|_| "write it like 192.0.2.1 or 192.0.2.0/24")?;
    if network.prefix_len() == 0 {
        return Err("that is every address there is: anybody could forge where a request comes from");
    }
    Ok(canonical(network))
}

/// The same network; an IPv4 one that is written as an IPv6 one becomes what it is.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let Some(address) = v6.addr().to_ipv4_mapped() else { return network };
    let bits = v6.prefix_len().checked_sub(MAPPED_BITS);
    bits.and_then(|bits| Ipv4Net::new(address, bits).ok()).map_or(network, IpNet::V4)
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
        assert_eq!(("192.0.2.1".parse(), "[::ffff:192.0.2.1]".parse()), (Ok(four.clone()), Ok(four)));
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
        ];
        for text in bad.into_iter().chain(long.iter().map(String::as_str)) {
            assert_eq!(text.parse::<HostName>(), Err(HostNameError), "{text:?}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_but_never_everybody() -> Result<(), Box<dyn Error>> {
        let http = |text| {
            network(text).map(|net| HttpConfig { trusted_proxies: vec![net], ..HttpConfig::default() })
        };
        assert!(http("192.0.2.1")?.trusts("192.0.2.1".parse()?));
        assert!(!http("192.0.2.1")?.trusts("192.0.2.2".parse()?));
        assert!(http("10.0.0.0/8")?.trusts("10.9.9.9".parse()?));
        assert!(http("::ffff:10.0.0.0/104")?.trusts("10.9.9.9".parse()?));
        assert!(http("2001:db8::/32")?.trusts("2001:db8::9".parse()?));
        assert!(!HttpConfig::default().trusts("127.0.0.1".parse()?));
        for text in ["", "x", "192.0.2.1:80", "192.0.2.0/33", "0.0.0.0/0", "::/0", "192.0.2.1-9"] {
            assert!(network(text).is_err(), "{text:?}");
        }
        Ok(())
    }

    #[test]
    fn beyond_this_machine_it_needs_the_words_or_a_proxy() -> Result<(), Box<dyn Error>> {
        let silent = HttpConfig::default();
        let allowed = HttpConfig { allow_plain_http: true, ..HttpConfig::default() };
        let proxied = HttpConfig { trusted_proxies: vec![network("192.0.2.9")?], ..HttpConfig::default() };
        for other in ["0.0.0.0:80", "[::]:80", "192.0.2.1:8580", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"]
        {
            let listen = other.parse()?;
            let refusal = silent.permit(listen).err().ok_or(other)?.to_string();
            assert!(refusal.contains("--allow-plain-http") && refusal.contains(other), "{refusal}");
            allowed.permit(listen)?;
            proxied.permit(listen)?;
        }
        for this in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            silent.permit(this.parse()?)?;
        }
        Ok(())
    }
}
