//! The client, and whether its connection is encrypted: worked out once for each request, in front
//! of everything that depends on it. Forwarded headers are believed from the configured proxies
//! alone; actix-web's own `connection_info` believes them from anyone.

mod forwarded;

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Once;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::config::HttpConfig;
use crate::config::http::ForwardedHeader;
use crate::web::extract::peer::Peer;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request. Handlers take it as an argument; in front of them there is
/// [`Client::of_request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The address, canonical: an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// True if the browser speaks HTTPS, with us or with a trusted proxy in front of us.
    pub(crate) is_secure: bool,
}

impl Client {
    /// Returns the client that sent `request`.
    ///
    /// # Errors
    /// Where the door was passed by: a mistake of ours.
    pub(crate) fn of_request(request: &HttpRequest) -> Result<Self, Error> {
        let known = request.extensions().get::<Self>().copied();
        known.ok_or_else(|| Internal::Missing("a client that was let in").into())
    }

    /// Returns true if traffic can be read on the way: unencrypted, and not from this machine.
    pub(crate) fn is_exposed(self) -> bool {
        !self.is_secure && !self.address.is_loopback()
    }
}

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of_request(request))
    }
}

/// Facts about the sender, from a connection and the headers on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The client.
    pub client: Client,
    /// True if it is certain that the request never left this machine.
    pub(crate) is_local: bool,
}

impl Arrival {
    /// Determines the arrival of a request with `headers` from `peer`, the other end of the
    /// connection.
    pub(crate) fn through_proxies(peer: Peer, headers: &HeaderMap, http: &HttpConfig) -> Self {
        let is_forwarded = headers.keys().any(is_forwarding);
        let (peer, is_encrypted) = match peer {
            Peer::Address(peer) => (peer, false),
            Peer::Encrypted(peer) => (peer, true),
            Peer::WebServer => return Self::by_socket(headers, http),
        };
        if !http.trusts(peer) {
            if is_forwarded {
                warn_of_distrust(peer);
            }
            // Nobody knows how the visitor of a web server that nobody has named reaches that.
            let client = Client { address: peer, is_secure: is_encrypted && !is_forwarded };
            // A web server on this machine that nobody has named: for whom it asks is not known.
            return Self { client, is_local: peer.is_loopback() && !is_forwarded };
        }
        let Self { client, is_local } = Self::forwarded(peer, headers, http, !is_forwarded);
        let is_secure = client.is_secure || is_encrypted && !is_forwarded;
        Self { client: Client { is_secure, ..client }, is_local }
    }

    /// The arrival by a socket, on which it is always said for whom.
    fn by_socket(headers: &HeaderMap, http: &HttpConfig) -> Self {
        let Self { client, is_local } = Self::forwarded(LOCALHOST, headers, http, false);
        let is_said = forwarded_for(LOCALHOST, headers, http).is_whole;
        Self { client: Client { is_secure: client.is_secure && is_said, ..client }, is_local }
    }

    /// The arrival through a trusted proxy at `peer`, which may be the client itself.
    fn forwarded(peer: IpAddr, headers: &HeaderMap, http: &HttpConfig, may_be_client: bool) -> Self {
        let Forwarded { address, is_whole, places } = forwarded_for(peer, headers, http);
        let is_local = peer.is_loopback() && (may_be_client || is_whole && address.is_loopback());
        Self {
            client: Client { address, is_secure: is_https(headers, http.forwarded_header, places) },
            is_local,
        }
    }
}

/// Returns true if a proxy writes a header of this name, and no browser does.
fn is_forwarding(name: &HeaderName) -> bool {
    const OTHERS: [&str; 6] =
        ["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"];
    name.as_str().starts_with("x-forwarded-") || OTHERS.contains(&name.as_str())
}

/// Content of X-Forwarded-For, or of the addresses in Forwarded.
struct Forwarded {
    /// The client's address.
    address: IpAddr,
    /// True if there were entries and each on the way could be read.
    is_whole: bool,
    /// Number of entries that trusted proxies have written: the last of them is from the outermost
    /// one.
    places: usize,
}

/// Walks from the right over those we trust to the first that we do not: what stands further left,
/// anybody can have written.
fn forwarded_for(peer: IpAddr, headers: &HeaderMap, http: &HttpConfig) -> Forwarded {
    let mut known = Forwarded { address: peer, is_whole: false, places: 0 };
    for address in addresses(headers, http.forwarded_header) {
        known.places += 1;
        let Some(address) = address else { return Forwarded { is_whole: false, ..known } };
        known = Forwarded { address, is_whole: true, ..known };
        if !http.trusts(address) {
            break;
        }
    }
    known
}

/// The addresses that the proxies wrote in the header that is believed, the last one first.
fn addresses(headers: &HeaderMap, header: ForwardedHeader) -> Vec<Option<IpAddr>> {
    match header {
        ForwardedHeader::XForwarded => {
            from_the_right(headers, &FORWARDED_FOR).map(|entry| forwarded::address(&entry)).collect()
        }
        ForwardedHeader::Forwarded => {
            forwarded::from_the_right(headers).into_iter().map(|element| element.address).collect()
        }
    }
}

/// The entries of a header, those of several lines together, the last one first. A forged entry that is no
/// text does not hide the good ones behind it.
fn from_the_right<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = String> + 'a {
    let lines: Vec<_> = headers.get_all(name).collect();
    lines.into_iter().rev().flat_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
        line.rsplit(',').map(|entry| entry.trim().to_owned()).collect::<Vec<_>>()
    })
}

/// Returns true if the outermost trusted proxy was asked over HTTPS. Proxies in a row that each add
/// an entry to X-Forwarded-For add one to X-Forwarded-Proto as well, so the entry of the outermost
/// one is at the same position; anybody can have written the entries further left. Some proxies
/// pass on the header or replace it: where entries are missing nobody can tell who wrote those that
/// are there, so all of them have to say HTTPS.
fn is_https(headers: &HeaderMap, header: ForwardedHeader, places: usize) -> bool {
    let places = places.max(1);
    if header == ForwardedHeader::Forwarded {
        return forwarded::from_the_right(headers)
            .get(places - 1)
            .is_some_and(|outermost| outermost.is_https);
    }
    let entries: Vec<String> = from_the_right(headers, &FORWARDED_PROTO).take(places).collect();
    let is_https = |entry: &String| entry.eq_ignore_ascii_case("https");
    match entries.get(places - 1) {
        Some(outermost) => is_https(outermost),
        None => !entries.is_empty() && entries.iter().all(is_https),
    }
}

/// Warns once per process, because an untrusted client can send as many as it likes.
fn warn_of_distrust(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a request from {peer} says for whom it is forwarded, but {peer} is no trusted proxy, so that is not \
             believed: if it is the web server in front of BanGUI, let it use a socket (--listen unix:PATH), or name \
             it with --trusted-proxy {peer}"
        );
    });
}

#[cfg(test)]
mod tests;
