//! Where BanGUI does not listen, and why.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::config::listen::Listen;
use crate::config::proxy_login::ProxyLoginError;

/// BanGUI does not start, because it could not listen there, or for nobody.
#[derive(Debug, Error)]
pub enum NotListening {
    /// No user of a web server in front is named.
    #[error(
        "nobody could use {0}: name the user of the web server in front with --proxy-user, such as www-data"
    )]
    NoProxyUser(Listen),
    /// One place is named twice.
    #[error("listen names {0} twice: remove one of them")]
    Twice(Listen),
    /// One place holds the other.
    #[error("{0} already listens on every address, {1} included: remove one of them")]
    Included(Listen, Listen),
}

/// BanGUI does not start, because what it was told about TLS does not belong together.
#[derive(Debug, Error)]
pub enum TlsSettingsError {
    /// One without the other.
    #[error("a certificate and its key belong together: give both --tls-certificate and --tls-key")]
    Half,
    /// An address that needs them.
    #[error(
        "not listening on {0} without a certificate: name one with --tls-certificate and its key with --tls-key"
    )]
    Missing(Listen),
    /// No address that uses them.
    #[error(
        "the certificate of --tls-certificate serves nothing: listen with it, as --listen https://[::]:8443; where systemd \
         passes the socket to `serve`, name its address all the same, as --listen https://[::]:443"
    )]
    Unused,
}

/// BanGUI does not start, because of where it is to listen.
#[derive(Debug, Error)]
#[error(transparent)]
pub enum ListenRefused {
    /// Nobody could, or one place is named twice.
    NotListening(#[from] NotListening),
    /// Everybody could read along.
    PlainHttp(#[from] PlainHttpError),
    /// TLS is half set up.
    Tls(#[from] TlsSettingsError),
    /// The login by the web server in front is half set up.
    ProxyLogin(#[from] ProxyLoginError),
}

/// Files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate, followed by those that lead to its issuer.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// BanGUI does not start, because it would serve plain HTTP to other machines.
#[derive(Debug, Error)]
#[error(
    "not listening on {0}, which is beyond this machine, over plain HTTP: listen with HTTPS (--listen https://{0}), \
     name the web server with HTTPS that is in front with --trusted-proxy, or permit plain HTTP with --allow-plain-http"
)]
pub struct PlainHttpError(pub(super) SocketAddr);

/// Reason why one process cannot listen on both; `None` where it can. Port 0 is any that is free.
pub(super) fn together(one: &Listen, other: &Listen) -> Option<NotListening> {
    let (Some(a), Some(b)) = (one.address(), other.address()) else {
        return (one == other).then(|| NotListening::Twice(one.clone()));
    };
    if a.port() != b.port() || a.port() == 0 || a.is_ipv4() != b.is_ipv4() {
        return None;
    }
    match (a.ip().is_unspecified(), b.ip().is_unspecified()) {
        _ if a.ip() == b.ip() => Some(NotListening::Twice(one.clone())),
        (true, _) => Some(NotListening::Included(one.clone(), other.clone())),
        (_, true) => Some(NotListening::Included(other.clone(), one.clone())),
        (false, false) => None,
    }
}
