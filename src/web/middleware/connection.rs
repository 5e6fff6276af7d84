//! One connection of a client. actix-web times the first head on it and its idle time; what this adds
//! is a bound on everything between two requests: a later head that trickles in, an answer that
//! nobody reads, the rest of a body that nobody wants.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream as AsyncTcpStream;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_rustls::server::TlsStream;

use crate::mutex::Mutex;
use crate::web::extract::peer;

use super::connections::{Connections, Share, Taken, WaitsSince, shut_down};
use super::deadlines::Deadlines;

/// Time in which a client that is to be cut off can read its response.
const FAREWELL: Duration = Duration::from_secs(1);

/// State of a connection. It ends with it.
pub(crate) struct Connection {
    socket: Arc<OwnedFd>,
    /// Time since which no request is under way; `None` while one is.
    idle_since: Rc<Cell<Option<Instant>>>,
    waits_since: WaitsSince,
    watch: JoinHandle<()>,
    _place: Taken,
}

impl Connection {
    /// Begins to watch `stream`, a new connection.
    /// One for which there is no room is closed at once.
    pub(crate) fn begin(
        stream: &dyn Any,
        kept: &mut Extensions,
        deadlines: Deadlines,
        all: &Arc<Connections>,
    ) {
        let connection = if let Some(stream) = stream.downcast_ref::<AsyncTcpStream>() {
            Self::of_network(stream, deadlines, all)
        } else if let Some(stream) = stream.downcast_ref::<TlsStream<AsyncTcpStream>>() {
            Self::of_network(stream.get_ref().0, deadlines, all)
        } else if let Some(stream) = stream.downcast_ref::<UnixStream>() {
            let share = (!peer::is_admitted(stream, &all.config().http)).then_some(Share::Strangers);
            Self::watch(stream.as_fd(), share, deadlines, all)
        } else {
            return;
        };
        match connection {
            Ok(Some(connection)) => drop(kept.insert(Rc::new(connection))),
            Ok(None) => tracing::debug!("a connection is refused: none of the others waits for its client"),
            Err(error) => tracing::warn!(%error, "a connection is not watched"),
        }
    }

    fn of_network(
        stream: &AsyncTcpStream,
        deadlines: Deadlines,
        all: &Arc<Connections>,
    ) -> io::Result<Option<Self>> {
        let unread = u32::try_from(deadlines.unread.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, unread)?;
        Self::watch(stream.as_fd(), all.share_of(stream.peer_addr()?.ip()), deadlines, all)
    }

    fn watch(
        stream: BorrowedFd<'_>,
        share: Option<Share>,
        deadlines: Deadlines,
        all: &Arc<Connections>,
    ) -> io::Result<Option<Self>> {
        let socket = Arc::new(stream.try_clone_to_owned()?);
        let waits_since: WaitsSince = Arc::new(Mutex::new(Some(Instant::now())));
        let Some(place) = all.take(share, Arc::clone(&socket), Arc::clone(&waits_since)) else {
            shut_down(&socket);
            return Ok(None);
        };
        let idle_since = Rc::new(Cell::new(Some(Instant::now())));
        let longest = deadlines.keep_alive + deadlines.head;
        let watch = actix_web::rt::spawn(cut_off(Arc::clone(&socket), Rc::clone(&idle_since), longest));
        Ok(Some(Self { socket, idle_since, waits_since, watch, _place: place }))
    }

    /// The one that `request` came on.
    pub(crate) fn of_request(request: &HttpRequest) -> Option<Rc<Self>> {
        request.conn_data::<Rc<Self>>().map(Rc::clone)
    }

    /// A request is under way.
    pub(crate) fn request_begins(&self) {
        self.idle_since.set(None);
        *self.waits_since.lock() = Some(Instant::now());
    }

    /// The request is read to its end.
    pub(crate) fn request_is_read(&self) {
        *self.waits_since.lock() = None;
    }

    /// The request has its answer.
    pub(crate) fn request_ends(&self) {
        self.idle_since.set(Some(Instant::now()));
        *self.waits_since.lock() = Some(Instant::now());
    }

    /// Ends the connection as soon as the client had the time to read its answer, whatever it sends.
    pub(crate) fn end_soon(&self) {
        let socket = Arc::clone(&self.socket);
        actix_web::rt::spawn(async move {
            sleep(FAREWELL).await;
            shut_down(&socket);
        });
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Ends the connection of `socket` when no request has been under way for longer than `longest`.
async fn cut_off(socket: Arc<OwnedFd>, idle_since: Rc<Cell<Option<Instant>>>, longest: Duration) {
    loop {
        let until = idle_since.get().unwrap_or_else(Instant::now) + longest;
        if until <= Instant::now() {
            return shut_down(&socket);
        }
        sleep_until(until).await;
    }
}
