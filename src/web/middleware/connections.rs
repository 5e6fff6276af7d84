//! All connections of clients: how many there may be, and which of them makes room for a new one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use actix_web::web::Data;
use rustix::io::Errno;
use rustix::net::Shutdown;
use tokio::time::Instant;

use crate::config::{Config, LiveConfig};
use crate::domain::one_person::one_person;
use crate::mutex::Mutex;

/// The most connections at once, well below the 1024 files that a process may usually open: each needs
/// two.
pub(crate) const MOST: usize = 400;
/// The most of one address, or of one IPv6 network of /64. A trusted proxy has the connections of many people.
const MOST_OF_ADDRESS: usize = 100;
/// The most of users who may not use the socket that they came by, all together. They are only told so.
const MOST_OF_STRANGERS: usize = 8;

/// Time since which a client is waited for: for a request, or for the rest of one. `None` while a response is made.
pub(crate) type WaitsSince = Arc<Mutex<Option<Instant>>>;

/// All connections that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    config: Data<LiveConfig>,
    most: usize,
    most_of_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    places: BTreeMap<u64, Place>,
}

/// The share that a connection counts in. Trusted proxies have none: they have the connections of many people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// That of an address.
    Address(IpAddr),
    /// That of users who may not use the socket that they came by.
    Strangers,
}

#[derive(Debug)]
struct Place {
    share: Option<Share>,
    waits_since: WaitsSince,
    socket: Arc<OwnedFd>,
}

/// The place of a connection, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    connections: Arc<Connections>,
    number: u64,
}

impl Connections {
    /// No connection yet, with the proxies that `config` trusts.
    pub(crate) fn new(config: Data<LiveConfig>) -> Arc<Self> {
        Self::with_limits(config, MOST, MOST_OF_ADDRESS)
    }

    fn with_limits(config: Data<LiveConfig>, most: usize, most_of_address: usize) -> Arc<Self> {
        Arc::new(Self { config, most, most_of_address, open: Mutex::default() })
    }

    /// The settings that say whom to trust.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.now()
    }

    /// The share of connections from `peer`.
    pub(crate) fn share_of(&self, peer: IpAddr) -> Option<Share> {
        let peer = peer.to_canonical();
        (!self.config.now().http.trusts(peer)).then(|| Share::Address(one_person(peer)))
    }

    fn most_of(&self, share: Share) -> usize {
        match share {
            Share::Address(_) => self.most_of_address,
            Share::Strangers => MOST_OF_STRANGERS,
        }
    }

    /// Takes a place for the connection of `socket`. Where there is none left, the connection that has been waiting the
    /// longest for its client is closed: of the same share if that is used up, otherwise of all. `None` if none of
    /// them waits.
    pub(crate) fn take(
        self: &Arc<Self>,
        share: Option<Share>,
        socket: Arc<OwnedFd>,
        waits_since: WaitsSince,
    ) -> Option<Taken> {
        let mut open = self.open.lock();
        if share.is_some_and(|own| open.number_of(own) >= self.most_of(own)) {
            open.make_room(|place| place.share == share)?;
        }
        if open.places.len() >= self.most {
            open.make_room(|_| true)?;
        }
        open.next += 1;
        let number = open.next;
        open.places.insert(number, Place { share, waits_since, socket });
        Some(Taken { connections: Arc::clone(self), number })
    }
}

impl Open {
    fn number_of(&self, share: Share) -> usize {
        self.places.values().filter(|place| place.share == Some(share)).count()
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
pub(crate) fn shut_down(socket: &OwnedFd) {
    match rustix::net::shutdown(socket, Shutdown::Both) {
        Err(error) if error != Errno::NOTCONN => {
            tracing::debug!(%error, "a connection could not be cut off");
        }
        // The client was quicker.
        Ok(()) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::config::{Fail2ban, HttpConfig};

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    fn config(http: HttpConfig) -> Data<LiveConfig> {
        let none = std::path::PathBuf::new;
        let fail2ban = Fail2ban { socket: none(), config: none(), client: none(), restart_command: None };
        Data::new(LiveConfig::new(Config { http, ..Config::new(none(), fail2ban) }))
    }

    /// Our end of a connection, its place if it has one, and the client's end.
    struct Pair {
        ours: TcpStream,
        place: Option<Taken>,
        _client: TcpStream,
    }

    impl Pair {
        /// A connection that waits for its client since so many seconds before now, or does not.
        fn new(all: &Arc<Connections>, peer: &str, waits: Option<u64>) -> Result<Self> {
            Self::of(all, all.share_of(peer.parse()?), waits)
        }

        fn of(all: &Arc<Connections>, share: Option<Share>, waits: Option<u64>) -> Result<Self> {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let client = TcpStream::connect(listener.local_addr()?)?;
            let ours = listener.accept()?.0;
            let now = Instant::now();
            let since = waits.map(|seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap_or(now));
            let place = all.take(share, Arc::new(ours.try_clone()?.into()), Arc::new(Mutex::new(since)));
            Ok(Self { ours, place, _client: client })
        }

        fn is_shut(&self) -> bool {
            use std::io::Read as _;
            let mut ours = &self.ours;
            matches!((ours.set_nonblocking(true), ours.read(&mut [0; 1])), (Ok(()), Ok(0)))
        }
    }

    #[test]
    fn the_one_that_waits_longest_of_the_same_address_makes_room() -> Result {
        let all = Connections::with_limits(config(HttpConfig::default()), 5, 3);
        let other = Pair::new(&all, "192.0.2.9", Some(99))?;
        // One IPv6 network, of which one is busy.
        let busy = Pair::new(&all, "2001:db8::1", None)?;
        let (newer, older) =
            (Pair::new(&all, "2001:db8::2", Some(1))?, Pair::new(&all, "2001:db8::3", Some(50))?);
        let new = Pair::new(&all, "2001:db8::4", None)?;
        assert!(new.place.is_some() && older.is_shut());
        assert!(![&other, &busy, &newer, &new].iter().any(|pair| pair.is_shut()));
        drop(older);
        assert_eq!(all.open.lock().places.len(), 4);
        drop((busy, newer, new));
        assert_eq!(all.open.lock().places.len(), 1, "their places are free again");
        Ok(())
    }

    #[test]
    fn whoever_is_answered_makes_no_room_and_a_proxy_has_no_share() -> Result {
        let http = HttpConfig { trusted_proxies: vec!["192.0.2.1/32".parse()?], ..HttpConfig::default() };
        let all = Connections::with_limits(config(http), 5, 1);
        let busy = Pair::new(&all, "192.0.2.2", None)?;
        assert!(Pair::new(&all, "192.0.2.2", None)?.place.is_none(), "the share is used up, and none waits");
        let proxy = (0..4).map(|_| Pair::new(&all, "192.0.2.1", Some(1))).collect::<Result<Vec<_>>>()?;
        assert!(proxy.iter().all(|pair| pair.place.is_some() && !pair.is_shut()));
        assert!(Pair::new(&all, "192.0.2.3", None)?.place.is_some(), "one of the proxy's makes room");
        assert_eq!(proxy.iter().filter(|pair| pair.is_shut()).count(), 1);
        drop(busy);
        Ok(())
    }

    #[test]
    fn users_who_may_not_use_the_socket_have_few_together() -> Result {
        let all = Connections::with_limits(config(HttpConfig::default()), 20, 3);
        let strangers =
            (0..12).map(|_| Pair::of(&all, Some(Share::Strangers), Some(1))).collect::<Result<Vec<_>>>()?;
        assert_eq!(strangers.iter().filter(|pair| pair.is_shut()).count(), 12 - MOST_OF_STRANGERS);
        let proxy = Pair::of(&all, None, None)?;
        assert!(proxy.place.is_some() && !proxy.is_shut());
        Ok(())
    }
}
