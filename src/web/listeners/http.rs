//! HTTP/1.1 on a connection, with or without TLS. HTTP/2 is not spoken: what bounds a connection counts one request at a
//! time.

use std::any::Any;
use std::future::ready;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::body::BoxBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory as _, Service as _, ServiceFactory, ServiceFactoryExt as _};
use actix_service::{fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, Extensions};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::web::app::{Parts, app};
use crate::web::extract::peer;
use crate::web::middleware::connection::Connection;
use crate::web::middleware::connections::Connections;
use crate::web::middleware::deadlines::Deadlines;

use super::ONLY_HTTPS;

/// How long a connection that the server has ended may take to go.
const DISCONNECT: std::time::Duration = std::time::Duration::from_secs(1);
/// The first byte of every TLS connection: the kind of a record that holds a handshake.
const HANDSHAKE: u8 = 22;
/// The head of the answer to a browser that speaks HTTP where HTTPS is spoken.
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n";

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Http {
    pub(crate) parts: Arc<Parts>,
    pub(crate) deadlines: Deadlines,
    pub(crate) connections: Arc<Connections>,
    pub(crate) end: GracefulShutdownSignal,
}

impl Http {
    /// The service of connections over the network without TLS.
    pub(crate) fn over_tcp(
        &self,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<>
    {
        let with_peer = |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((stream, peer)))
        };
        fn_service(with_peer).and_then(self.requests())
    }

    /// The service of connections by a socket in the file system.
    pub(crate) fn over_unix(
        &self,
    ) -> impl ServiceFactory<UnixStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<>
    {
        fn_service(|stream: UnixStream| ready(Ok((stream, None)))).and_then(self.requests())
    }

    /// The service of connections over the network with TLS.
    pub(crate) fn over_tls(
        &self,
        acceptor: TlsAcceptor,
    ) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<>
    {
        let (requests, http) = (self.requests::<TlsStream<TcpStream>>(), self.clone());
        fn_factory(move || {
            let (requests, http, acceptor) = (requests.new_service(()), http.clone(), acceptor.clone());
            async move {
                let requests = Rc::new(requests.await?);
                Ok(fn_service(move |stream: TcpStream| {
                    let (requests, http, acceptor) = (Rc::clone(&requests), http.clone(), acceptor.clone());
                    async move {
                        let peer = stream.peer_addr().ok();
                        match http.encrypt(stream, &acceptor).await {
                            Some(encrypted) => requests.call((encrypted, peer)).await,
                            None => Ok(()),
                        }
                    }
                }))
            }
        })
    }

    /// Shakes hands; `None` if that does not succeed in time. Meanwhile the connection counts as any other.
    async fn encrypt(&self, stream: TcpStream, acceptor: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
        let mut kept = Extensions::new();
        Connection::begin(&stream, &mut kept, self.deadlines, &self.connections);
        kept.get::<Rc<Connection>>()?;
        let shaken = timeout(self.deadlines.head, async {
            let mut first = [0];
            if stream.peek(&mut first).await? == 1 && first != [HANDSHAKE] {
                return refuse(stream).await.map(|()| None);
            }
            acceptor.accept(stream).await.map(Some)
        });
        match shaken.await {
            Ok(Ok(encrypted)) => encrypted,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection did not come to speak TLS");
                None
            }
            Err(_) => None,
        }
    }

    /// The service of requests on a connection.
    fn requests<T: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
    ) -> impl ServiceFactory<
        (T, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > + use<T> {
        let Self { deadlines, connections, end, .. } = self.clone();
        let application = app(&self.parts)
            .into_factory()
            .map_err(|error: actix_web::Error| -> Response<BoxBody> { error.error_response().into() });
        HttpService::<T, _, _, _, _>::build()
            .graceful_shutdown_signal(move || {
                let end = end.clone();
                async move { end.notified().await }
            })
            .keep_alive(deadlines.keep_alive)
            .client_request_timeout(deadlines.head)
            .client_disconnect_timeout(DISCONNECT)
            .on_connect_ext(move |stream: &T, kept: &mut Extensions| {
                let stream: &dyn Any = stream;
                peer::note(stream, kept);
                Connection::begin(stream, kept, deadlines, &connections);
            })
            .h1::<_, BoxBody>(map_config(application, |()| AppConfig::default()))
    }
}

async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(&[NOT_TLS, ONLY_HTTPS.as_bytes()].concat()).await?;
    stream.shutdown().await
}
