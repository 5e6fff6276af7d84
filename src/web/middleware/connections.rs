//! All connections of clients: how many there may be, and which of them makes room for a new one.

use std::collections::BTreeMap;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;

use tokio::time::Instant;

use crate::config::HttpConfig;
use crate::domain::one_person::one_person;
use crate::mutex::Mutex;

/// The most connections at once, well below the 1024 files that a process may usually open: each needs
/// two.
pub(crate) const MOST: usize = 400;
/// The most of one address, or of one IPv6 network of /64. A trusted proxy has the connections of many people.
const MOST_OF_ADDRESS: usize = 100;

/// Time since which a client is waited for: for a request, or for the rest of one. `None` while a response is made.
pub(crate) type WaitsSince = Arc<Mutex<Option<Instant>>>;

/// All connections that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    http: HttpConfig,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    /// The address that is counted. `None` for a trusted proxy.
    counted: Option<IpAddr>,
    waits_since: WaitsSince,
    socket: Arc<TcpStream>,
}

/// The place of a connection, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    connections: Arc<Connections>,
    number: u64,
}

impl Connections {
    /// No connection yet, with the proxies that `http` trusts.
    pub(crate) fn new(http: HttpConfig) -> Arc<Self> {
        Arc::new(Self { http, open: Mutex::default() })
    }

    /// Takes a place for the connection of `socket` from `peer`. Where there is none left, the connection that has
    /// been waiting the longest for its client is closed: of the same address if that has too many, otherwise of
    /// all. `None` if none of them waits.
    pub(crate) fn take(
        self: &Arc<Self>,
        peer: IpAddr,
        socket: Arc<TcpStream>,
        waits_since: WaitsSince,
    ) -> Option<Taken> {
        let peer = peer.to_canonical();
        let counted = (!self.http.trusts(peer)).then(|| one_person(peer));
        let mut open = self.open.lock();
        if counted.is_some() && open.number_of(counted) >= MOST_OF_ADDRESS {
            open.make_room(|place| place.counted == counted)?;
        }
        if open.places.len() >= MOST {
            open.make_room(|_| true)?;
        }
        open.next += 1;
        let number = open.next;
        open.places.insert(number, Place { counted, waits_since, socket });
        Some(Taken { connections: Arc::clone(self), number })
    }
}

impl Open {
    fn number_of(&self, counted: Option<IpAddr>) -> usize {
        self.places.values().filter(|place| place.counted == counted).count()
    }

    /// Closes the connection that has been waiting the longest among some.
    fn make_room(&mut self, among: impl Fn(&Place) -> bool) -> Option<()> {
        let waiting = self.places.iter().filter(|(_, place)| among(place)).filter_map(|(number, place)| {
            let since = *place.waits_since.lock();
            Some((since?, *number))
        });
        let (_, number) = waiting.min()?;
        let place = self.places.remove(&number)?;
        shut_down(&place.socket);
        Some(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.connections.open.lock().places.remove(&self.number);
    }
}

/// Ends the connection of `socket`.
pub(crate) fn shut_down(socket: &TcpStream) {
    match socket.shutdown(Shutdown::Both) {
        Err(error) if error.kind() != std::io::ErrorKind::NotConnected => {
            tracing::debug!(%error, "a connection could not be cut off");
        }
        // The client was quicker.
        Ok(()) | Err(_) => {}
    }
}
