//! The other end of the connection that a request came on.

use std::any::Any;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use crate::config::HttpConfig;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::problem::rejection::Rejection;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Of the network.
    Address(IpAddr),
    /// Of the network, over TLS that ends here.
    Encrypted(IpAddr),
    /// The web server in front, which came by a socket in the file system as a user that may.
    WebServer,
}

/// The user at the other end of a socket; `None` where the system does not tell.
#[derive(Debug, Clone, Copy)]
struct SocketUser(Option<u32>);

/// The connection is encrypted up to here.
#[derive(Debug, Clone, Copy)]
struct Tls;

/// Notes what a new connection tells of its other end.
pub(crate) fn note(stream: &dyn Any, kept: &mut Extensions) {
    if let Some(stream) = stream.downcast_ref::<UnixStream>() {
        kept.insert(SocketUser::of(stream));
    } else if stream.is::<TlsStream<TcpStream>>() {
        kept.insert(Tls);
    }
}

/// Returns true if whoever is at the other end of `stream` may use it.
pub(crate) fn is_admitted(stream: &UnixStream, http: &HttpConfig) -> bool {
    SocketUser::of(stream).may(http)
}

impl SocketUser {
    fn of(stream: &UnixStream) -> Self {
        Self(stream.peer_cred().ok().map(|peer| peer.uid()))
    }

    fn may(self, http: &HttpConfig) -> bool {
        self.0.is_some_and(|user| user == 0 || http.proxy_users.contains(&user))
    }
}

impl Peer {
    /// The other end of the connection of `request`.
    ///
    /// # Errors
    /// When it is a socket that its user may not use.
    pub(crate) fn of_request(request: &HttpRequest, http: &HttpConfig) -> Result<Self, Error> {
        if let Some(user) = request.conn_data::<SocketUser>() {
            return if user.may(http) { Ok(Self::WebServer) } else { Err(Rejection::NotTheProxy.into()) };
        }
        let address = request.peer_addr().ok_or(Internal::Missing("an address"))?.ip().to_canonical();
        let is_encrypted = request.conn_data::<Tls>().is_some();
        Ok(if is_encrypted { Self::Encrypted(address) } else { Self::Address(address) })
    }
}
