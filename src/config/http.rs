//! The HTTP side of the configuration: allowed host names, trusted proxies, plain HTTP.

mod listening;
mod opened;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use ipnet::{IpNet, Ipv4Net};

use crate::domain::base_path::BasePath;
use crate::domain::host::{HostName, HostNameError};

use super::listen::{self, Listen};
use super::proxy_login::ProxyLogin;

pub(crate) use listening::TlsFiles;
use listening::together;
pub use listening::{ListenRefused, NotListening, PlainHttpError, TlsSettingsError};

const DEFAULT_MODE: u32 = 0o660;

/// Bits in front of an IPv4 address inside an IPv6 one.
const MAPPED_BITS: u8 = 96;

/// The settings of HTTP. By default only this machine reaches BanGUI.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct HttpConfig {
    /// A host name under which BanGUI is reached, as it stands in the browser's address bar, without
    /// the port. May be given several times. localhost, loopback addresses and the very address that
    /// is listened on are always allowed.
    #[arg(long = "host", value_name = "NAME", env = "BANGUI_HOST", value_delimiter = ',', value_parser = host)]
    pub hosts: Vec<HostName>,
    /// An address or network of web servers in front of BanGUI, whose X-Forwarded-For and
    /// X-Forwarded-Proto (or Forwarded, see --forwarded-header) are believed. May be given several times.
    #[arg(
        long = "trusted-proxy",
        value_name = "NET",
        env = "BANGUI_TRUSTED_PROXY",
        value_delimiter = ',',
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which those web servers say for whom they ask. The other one is not read, because a web server that
    /// writes one may pass on the other as its visitor has written it.
    #[arg(long, value_name = "NAME", env = "BANGUI_FORWARDED_HEADER", value_enum, default_value_t)]
    pub forwarded_header: ForwardedHeader,
    /// Serve plain HTTP beyond this machine, although whoever is on the way can then read passwords
    /// and take over sessions.
    #[arg(long, env = "BANGUI_ALLOW_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    pub allow_plain_http: bool,
    /// The path below which BanGUI is reached, as /bangui/, where a web server in front has others beside it. That may
    /// pass it on or take it off.
    #[arg(long, value_name = "PATH", env = "BANGUI_BASE_PATH", default_value_t = BasePath::default())]
    pub base_path: BasePath,
    /// The certificate for --listen https://ADDR:PORT in PEM, followed by those that lead to its issuer. It and its key are
    /// read again when they change.
    #[arg(long, value_name = "FILE", env = "BANGUI_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of --tls-certificate, in PEM, without a passphrase.
    #[arg(long, value_name = "FILE", env = "BANGUI_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// A user that the web server in front runs as, as www-data: besides root only its processes are served on a
    /// socket of --listen unix:PATH. May be given several times.
    #[arg(long = "proxy-user", value_name = "NAME|UID", env = "BANGUI_PROXY_USER", value_delimiter = ',', value_parser = listen::user)]
    pub proxy_users: Vec<u32>,
    /// The group of such a socket.
    #[arg(long, value_name = "NAME|GID", env = "BANGUI_LISTEN_GROUP", value_parser = listen::group)]
    pub listen_group: Option<u32>,
    /// The permissions of such a socket.
    #[arg(long, value_name = "MODE", env = "BANGUI_LISTEN_MODE", value_parser = listen::mode, default_value = "660")]
    pub listen_mode: u32,
    /// Whom to tell about a weakness of this installation, as mailto:security@example.org or an https:// address:
    /// /.well-known/security.txt then says so. May be given several times.
    #[arg(
        long = "security-contact",
        value_name = "URI",
        env = "BANGUI_SECURITY_CONTACT",
        value_delimiter = ',',
        value_parser = contact
    )]
    pub security_contacts: Vec<String>,
    /// Logins that the web server in front makes.
    #[command(flatten)]
    pub proxy_login: ProxyLogin,
}

/// The header in which a web server in front says for whom it asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ForwardedHeader {
    /// X-Forwarded-For and X-Forwarded-Proto.
    #[default]
    XForwarded,
    /// Forwarded (RFC 7239).
    Forwarded,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            allow_plain_http: false,
            base_path: BasePath::default(),
            tls_certificate: None,
            tls_key: None,
            proxy_users: Vec::new(),
            listen_group: None,
            listen_mode: DEFAULT_MODE,
            security_contacts: Vec::new(),
            proxy_login: ProxyLogin::default(),
        }
    }
}

impl HttpConfig {
    /// Checks that BanGUI may and can listen on `listen`.
    ///
    /// # Errors
    /// When it may not, or what is needed for it is missing.
    pub(crate) fn check(&self, listen: &[Listen]) -> Result<(), ListenRefused> {
        self.admit(listen)?;
        self.tls_files(listen)?;
        for listen in listen {
            if let Listen::Address(address) = listen {
                self.permit(*address)?;
            }
        }
        let is_trusting = !self.trusted_proxies.is_empty()
            || listen.iter().any(|listen| matches!(listen, Listen::Socket(_)));
        Ok(self.proxy_login.check(is_trusting)?)
    }

    /// Checks that somebody may connect to the sockets of `listen`, and that each of it can be listened on beside the
    /// others.
    ///
    /// # Errors
    /// No user of a web server in front is named, or a place is named twice.
    fn admit(&self, listen: &[Listen]) -> Result<(), NotListening> {
        for (number, place) in listen.iter().enumerate() {
            for other in listen.iter().skip(number + 1) {
                if let Some(refusal) = together(place, other) {
                    return Err(refusal);
                }
            }
        }
        let socket = listen.iter().find(|listen| matches!(listen, Listen::Socket(_)));
        match socket.filter(|_| self.proxy_users.is_empty()) {
            Some(socket) => Err(NotListening::NoProxyUser(socket.clone())),
            None => Ok(()),
        }
    }

    /// The certificate for the addresses of `listen` with TLS; `None` if there are none.
    ///
    /// # Errors
    /// There is a certificate and no such address, or such an address and no certificate.
    pub(crate) fn tls_files(&self, listen: &[Listen]) -> Result<Option<TlsFiles>, TlsSettingsError> {
        let encrypted = listen.iter().find(|listen| matches!(listen, Listen::Https(_)));
        match (encrypted, &self.tls_certificate, &self.tls_key) {
            (Some(_), Some(certificate), Some(key)) => {
                Ok(Some(TlsFiles { certificate: certificate.clone(), key: key.clone() }))
            }
            (_, Some(_), None) | (_, None, Some(_)) => Err(TlsSettingsError::Half),
            (Some(listen), None, None) => Err(TlsSettingsError::Missing(listen.clone())),
            (None, Some(_), Some(_)) => Err(TlsSettingsError::Unused),
            (None, None, None) => Ok(None),
        }
    }

    /// Checks that BanGUI may listen on `listen` over plain HTTP.
    ///
    /// # Errors
    /// It is beyond this machine, and neither a proxy is trusted nor plain HTTP permitted.
    pub(crate) fn permit(&self, listen: SocketAddr) -> Result<(), PlainHttpError> {
        // Canonical, because ::ffff:127.0.0.1 is this machine too.
        let is_private = listen.ip().to_canonical().is_loopback();
        let is_permitted = is_private || self.allow_plain_http || !self.trusted_proxies.is_empty();
        if is_permitted { Ok(()) } else { Err(PlainHttpError(listen)) }
    }

    /// A warning where every program on this machine could log in as anybody.
    pub(crate) fn proxy_login_warning(&self) -> Option<String> {
        self.proxy_login.headers()?;
        let local = self.trusted_proxies.iter().find(|network| {
            network.addr().is_loopback() || network.contains(&IpAddr::from([127, 0, 0, 1]))
        })?;
        Some(format!(
            "every program on this machine can log in as anybody, because {local} is believed to name who is logged in: let \
             the web server in front use a socket (--listen unix:PATH with --proxy-user) instead of --trusted-proxy"
        ))
    }

    /// Returns true if the forwarded headers of `peer`, a canonical address, are believed.
    #[must_use]
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// Reads a host name. In a list a blank may follow the comma.
fn host(text: &str) -> Result<HostName, HostNameError> {
    text.trim().parse()
}

/// Reads the address of a contact, one line of `security.txt` (RFC 9116, 2.5.3).
fn contact(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let is_known = ["mailto:", "https://", "tel:"].iter().any(|scheme| text.starts_with(scheme));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_known && is_plain { Ok(text.to_owned()) } else { Err("write it like mailto:security@example.org") }
}

/// Reads an address or a network.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| text.parse()).map_err(|_| "write it like 192.0.2.1 or 192.0.2.0/24")?;
    if network.prefix_len() == 0 {
        return Err("that is every address there is: anybody could forge where a request comes from");
    }
    Ok(canonical(network))
}

/// The same network; an IPv4 one inside IPv6 becomes an IPv4 one.
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
    fn a_contact_is_one_address_on_one_line() {
        for good in ["mailto:a@b.example", "https://b.example/report", "tel:+1-201-555-0123"] {
            assert_eq!(contact(good).as_deref(), Ok(good));
        }
        for bad in ["", "a@b.example", "http://b.example", "mailto:a@b.example\nPolicy: x", "mailto:a b"] {
            assert!(contact(bad).is_err(), "{bad:?}");
        }
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
