//! The broker's socket, with limits on who may connect, and on the number of connections.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::few_lines::FewLines;
use super::places::{Activity, Places};
use super::serve::{Capacity, MOST_REQUESTS, serve_noting};
use super::service::Broker;
use super::socket_file::{Admitted, SocketError, SocketFile};

/// The most connections. A web server needs one, and `bangui check` another.
const MOST_CONNECTIONS: usize = 8;
/// The most connections of root, which are places of its own: the web server's user cannot keep it out.
const MOST_OF_ROOT: usize = 4;
/// Grace period for the requests under way after the broker was told to end.
const LAST_WORK: Duration = Duration::from_secs(20);
/// Pause after the system could not accept a connection.
const PAUSE: Duration = Duration::from_millis(200);

/// A socket on which a broker serves one user.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    file: SocketFile,
    user: u32,
    capacity: Arc<Capacity>,
    places: Arc<Places>,
    places_of_root: Arc<Places>,
    lines: Arc<FewLines>,
}

impl Listener {
    /// Listens at `path` for the user with the number `user`. Needs a tokio runtime.
    ///
    /// # Errors
    /// Fails if another broker runs there, or the socket cannot be made.
    pub fn bind(path: &Path, user: u32) -> Result<Self, SocketError> {
        let (file, listener) =
            SocketFile::bind(path, Admitted { user: Some(user), group: None, mode: 0o600 })?;
        let socket = UnixListener::from_std(listener).map_err(|cause| SocketError::System {
            what: "listen on",
            path: path.to_owned(),
            cause,
        })?;
        let (places, places_of_root) = (Places::new(MOST_CONNECTIONS), Places::new(MOST_OF_ROOT));
        let (capacity, lines) = (Arc::default(), Arc::default());
        Ok(Self { socket, file, user, capacity, places, places_of_root, lines })
    }

    /// Serves until `end` is ready. Then removes the socket, and waits for the requests under way.
    pub async fn serve(self, broker: Arc<Broker>, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            let accepted = tokio::select! {
                () = &mut end => break,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.admit(stream, &broker),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(self.file);
        if timeout(LAST_WORK, self.capacity.requests.acquire_many(MOST_REQUESTS)).await.is_err() {
            tracing::warn!("the broker ends while something is under way");
        }
    }

    fn admit(&self, stream: UnixStream, broker: &Arc<Broker>) {
        let peer = match stream.peer_cred() {
            Ok(peer) => peer,
            Err(error) => {
                return self
                    .lines
                    .line(|| tracing::warn!(%error, "peer refused: the system does not tell who it is"));
            }
        };
        let (uid, pid) = (peer.uid(), peer.pid());
        if uid != self.user && uid != 0 {
            return self.lines.line(|| tracing::warn!(uid, pid, "peer refused: not the user that is served"));
        }
        let places = if uid == 0 && self.user != 0 { &self.places_of_root } else { &self.places };
        let activity = Arc::<Activity>::default();
        let Some(mut place) = places.take(Arc::clone(&activity)) else {
            let refused =
                || tracing::warn!(uid, pid, "peer refused: too many are connected, and none is idle");
            return self.lines.line(refused);
        };
        let serving =
            serve_noting(stream, peer.into(), Arc::clone(broker), Arc::clone(&self.capacity), activity);
        let lines = Arc::clone(&self.lines);
        tokio::spawn(async move {
            tokio::select! {
                served = serving => match served {
                    Ok(()) => tracing::debug!(uid, pid, "peer went"),
                    Err(error) => lines.line(|| tracing::warn!(uid, pid, %error, "peer cut off")),
                },
                _ = &mut place.cut => {
                    lines.line(|| tracing::info!(uid, pid, "peer cut off: it was idle, and another came"));
                }
            }
        });
    }
}
