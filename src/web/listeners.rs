//! The sockets that are listened on: bound by this process, or passed by systemd.

pub(crate) mod certificate;
mod http;

use std::env;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use actix_server::ServerBuilder;
use listenfd::ListenFd;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::broker::SocketError;
use crate::broker::socket_file::{Admitted, SocketFile};
use crate::config::{Config, HttpConfig, Listen};

pub use certificate::CertificateError;
pub(crate) use http::Http;

use certificate::Certificate;

/// New connections that wait until they are accepted.
const BACKLOG: i32 = 2048;
/// What a browser reads that speaks HTTP where HTTPS is spoken.
pub(crate) const ONLY_HTTPS: &str = "Only HTTPS is spoken here: write https:// in front of the address.\n";
/// The name of a socket of systemd's (`FileDescriptorName=`) on which TLS is spoken.
const HTTPS: &str = "https";

/// Reason why a socket cannot be listened on.
#[derive(Debug, Error)]
pub enum ListenersError {
    /// An address.
    #[error("cannot listen on {address}: {cause}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        cause: io::Error,
    },
    /// The socket for the web server in front could not be made.
    #[error(transparent)]
    File(#[from] SocketError),
    /// The certificate of those with TLS.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The server did not take one.
    #[error("a socket cannot be served: {0}")]
    Served(#[from] io::Error),
    /// What systemd passed is nothing to listen on.
    #[error("a socket that systemd passed cannot be listened on: {0}")]
    Passed(io::Error),
}

/// The sockets.
#[derive(Debug)]
pub struct Listeners(Vec<Listener>);

#[derive(Debug)]
struct Listener {
    /// Its place, with the real port where 0 was asked for.
    place: Listen,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Network(TcpListener),
    /// With the file, which is removed with it, unless it is systemd's.
    File(UnixListener, Option<SocketFile>),
}

impl Listeners {
    /// Binds what `config` says.
    ///
    /// # Errors
    /// When one of them cannot be listened on.
    pub(crate) fn bind(config: &Config) -> Result<Self, ListenersError> {
        config
            .listen
            .iter()
            .map(|listen| Listener::bind(listen, &config.http))
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
    }

    /// The sockets that systemd passed (`sd_listen_fds(3)`); `None` if it passed none. To be called before other threads
    /// are there.
    ///
    /// # Errors
    /// When one of them cannot be listened on.
    pub(crate) fn passed() -> Result<Option<Self>, ListenersError> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut passed = ListenFd::from_env();
        let names = names.split(':').chain(std::iter::repeat(""));
        let taken = (0..passed.len()).zip(names).map(|(number, name)| {
            Listener::passed(&mut passed, number, name == HTTPS).map_err(ListenersError::Passed)
        });
        let all = taken.collect::<Result<Vec<_>, _>>()?;
        Ok((!all.is_empty()).then_some(Self(all)))
    }

    /// Where they listen, with the real ports where 0 was asked for.
    pub(crate) fn places(&self) -> Vec<Listen> {
        self.0.iter().map(|listener| listener.place.clone()).collect()
    }

    /// Has `server` serve them. Returns the files that are to be removed at the end.
    pub(crate) fn serve(
        self,
        mut server: ServerBuilder,
        http: &Http,
        certificate: Option<&Arc<Certificate>>,
    ) -> Result<(ServerBuilder, Vec<SocketFile>), ListenersError> {
        let mut files = Vec::new();
        for Listener { place, socket } in self.0 {
            let http = http.clone();
            let name = place.to_string();
            server = match (socket, &place) {
                (Socket::Network(listener), Listen::Https(_)) => {
                    let certificate = certificate.ok_or_else(|| io::Error::other("no certificate"))?;
                    let acceptor = TlsAcceptor::from(Arc::new(certificate.tls_settings()?));
                    server.listen(name, listener, move || http.over_tls(acceptor.clone()))?
                }
                (Socket::Network(listener), _) => server.listen(name, listener, move || http.over_tcp())?,
                (Socket::File(listener, file), _) => {
                    files.extend(file);
                    server.listen_uds(name, listener, move || http.over_unix())?
                }
            };
        }
        Ok((server, files))
    }
}

impl Listener {
    fn bind(listen: &Listen, http: &HttpConfig) -> Result<Self, ListenersError> {
        match listen {
            Listen::Address(address) | Listen::Https(address) => {
                let is_tls = matches!(listen, Listen::Https(_));
                let bound = TcpListener::bind(address).and_then(|listener| {
                    rustix::net::listen(&listener, BACKLOG)?;
                    Self::network(listener, is_tls)
                });
                bound.map_err(|cause| ListenersError::Address { address: *address, cause })
            }
            Listen::Socket(path) => {
                let HttpConfig { listen_group: group, listen_mode: mode, .. } = *http;
                let (file, listener) = SocketFile::bind(path, Admitted { user: None, group, mode })?;
                Ok(Self { place: listen.clone(), socket: Socket::File(listener, Some(file)) })
            }
        }
    }

    fn network(listener: TcpListener, is_tls: bool) -> io::Result<Self> {
        let place = if is_tls { Listen::Https } else { Listen::Address };
        Ok(Self { place: place(listener.local_addr()?), socket: Socket::Network(listener) })
    }

    fn passed(passed: &mut ListenFd, number: usize, is_tls: bool) -> io::Result<Self> {
        // It is of one kind or the other; what it is not is refused and left in its place.
        if let Ok(Some(listener)) = passed.take_unix_listener(number) {
            let address = listener.local_addr()?;
            let path = address.as_pathname().ok_or_else(|| io::Error::other("it has no path"))?;
            return Ok(Self { place: Listen::Socket(path.to_owned()), socket: Socket::File(listener, None) });
        }
        let listener = passed.take_tcp_listener(number)?;
        Self::network(listener.ok_or_else(|| io::Error::other("it is none"))?, is_tls)
    }
}
