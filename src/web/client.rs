//! Who asks, and whether the way is encrypted: worked out once for each request, in front of everything
//! that cares. Forwarded headers are believed from the configured proxies alone; actix-web's own
//! `connection_info` believes them from anyone.

use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::config::Reach;

use super::error::Error;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who asks. Handlers take it as an argument; in front of them there is [`Client::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    /// The address, canonical: an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// Whether the browser speaks HTTPS, with a trusted proxy in front of us.
    pub is_secure: bool,
}

impl Client {
    /// Who sends `request`.
    ///
    /// # Errors
    /// Where the door was passed by: a mistake of ours.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Error> {
        let known = request.extensions().get::<Self>().copied();
        known.ok_or_else(|| Error::Session("a request that nobody let in".to_owned()))
    }

    /// Whether what is sent can be read on the way: unencrypted, and not from this machine.
    pub(super) fn is_exposed(self) -> bool {
        !self.is_secure && !self.address.is_loopback()
    }
}

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// What a connection and the headers on it tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Who asks.
    pub client: Client,
    /// Whether it is certain that the request never left this machine.
    pub is_local: bool,
}

impl Arrival {
    /// Of a request with `headers` from `peer`, the other end of the connection.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, reach: &Reach) -> Self {
        let peer = peer.to_canonical();
        let is_forwarded = headers.keys().any(is_forwarding);
        if !reach.trusts(peer) {
            if is_forwarded {
                warn_of_distrust(peer);
            }
            let client = Client { address: peer, is_secure: false };
            return Self { client, is_local: peer.is_loopback() };
        }
        let (address, is_whole) = forwarded_for(peer, headers, reach);
        let is_local = peer.is_loopback() && (!is_forwarded || is_whole && address.is_loopback());
        Self { client: Client { address, is_secure: is_https(headers) }, is_local }
    }
}

fn is_forwarding(name: &HeaderName) -> bool {
    name.as_str() == "forwarded" || name.as_str().starts_with("x-forwarded-")
}

/// Walks from the right over those we trust to the first that we do not: what stands further left,
/// anybody can have written. Also tells whether every entry on the way could be read.
fn forwarded_for(peer: IpAddr, headers: &HeaderMap, reach: &Reach) -> (IpAddr, bool) {
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
    let mut known = peer;
    for line in lines.iter().rev() {
        // Lossy, so that a forged entry which is no text does not hide the good ones behind it.
        for entry in String::from_utf8_lossy(line.as_bytes()).rsplit(',') {
            let Some(address) = address(entry.trim()) else { return (known, false) };
            known = address;
            if !reach.trusts(known) {
                return (known, true);
            }
        }
    }
    (known, !lines.is_empty())
}

/// An entry of X-Forwarded-For: an address, which some proxies write with its port or in brackets.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = entry.parse().or_else(|_| entry.parse().map(|socket: SocketAddr| socket.ip()));
    let address = address.or_else(|_| bare.unwrap_or_default().parse());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Whether the nearest proxy was asked over HTTPS: the last value is what it wrote itself.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get_all(FORWARDED_PROTO).last().is_some_and(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        line.rsplit(',').next().is_some_and(|value| value.trim().eq_ignore_ascii_case("https"))
    })
}

/// Once a process, because whoever is not trusted can send as many as they like.
fn warn_of_distrust(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a request from {peer} says for whom it is forwarded, but {peer} is no trusted proxy, so that is ignored: \
             if it is the web server in front of BanGUI, name it with --trusted-proxy {peer}"
        );
    });
}

#[cfg(test)]
mod tests;
