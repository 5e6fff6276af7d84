//! One connection of a client. actix-web times the first head on it and its idle time; what this adds
//! is a bound on everything between two requests: a later head that trickles in, an answer that
//! nobody reads, the rest of a body that nobody wants.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream as AsyncTcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::deadlines::Deadlines;

/// Time in which a client that is to be cut off can read its response.
const FAREWELL: Duration = Duration::from_secs(1);

/// State of a connection. It ends with it.
pub(crate) struct Connection {
    socket: Rc<TcpStream>,
    /// Time since which no request is under way; `None` while one is.
    idle_since: Rc<Cell<Option<Instant>>>,
    watch: JoinHandle<()>,
}

impl Connection {
    /// Begins to watch `stream`, for [`actix_web::HttpServer::on_connect`].
    pub(crate) fn begin(stream: &dyn Any, kept: &mut Extensions, deadlines: Deadlines) {
        let Some(stream) = stream.downcast_ref::<AsyncTcpStream>() else { return };
        match Self::watch(stream, deadlines) {
            Ok(connection) => drop(kept.insert(Rc::new(connection))),
            Err(error) => tracing::warn!(%error, "a connection is not watched"),
        }
    }

    fn watch(stream: &AsyncTcpStream, deadlines: Deadlines) -> io::Result<Self> {
        let unread = u32::try_from(deadlines.unread.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, unread)?;
        let socket = Rc::new(TcpStream::from(stream.as_fd().try_clone_to_owned()?));
        let idle_since = Rc::new(Cell::new(Some(Instant::now())));
        let longest = deadlines.keep_alive + deadlines.head;
        let watch = actix_web::rt::spawn(cut_off(Rc::clone(&socket), Rc::clone(&idle_since), longest));
        Ok(Self { socket, idle_since, watch })
    }

    /// The one that `request` came on.
    pub(crate) fn of_request(request: &HttpRequest) -> Option<Rc<Self>> {
        request.conn_data::<Rc<Self>>().map(Rc::clone)
    }

    /// A request is under way.
    pub(crate) fn request_begins(&self) {
        self.idle_since.set(None);
    }

    /// The request has its answer.
    pub(crate) fn request_ends(&self) {
        self.idle_since.set(Some(Instant::now()));
    }

    /// Ends the connection as soon as the client had the time to read its answer, whatever it sends.
    pub(crate) fn end_soon(&self) {
        let socket = Rc::clone(&self.socket);
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
async fn cut_off(socket: Rc<TcpStream>, idle_since: Rc<Cell<Option<Instant>>>, longest: Duration) {
    loop {
        let until = idle_since.get().unwrap_or_else(Instant::now) + longest;
        if until <= Instant::now() {
            return shut_down(&socket);
        }
        sleep_until(until).await;
    }
}

fn shut_down(socket: &TcpStream) {
    match socket.shutdown(Shutdown::Both) {
        Err(error) if error.kind() != io::ErrorKind::NotConnected => {
            tracing::debug!(%error, "a connection could not be cut off");
        }
        // The client was quicker.
        Ok(()) | Err(_) => {}
    }
}
