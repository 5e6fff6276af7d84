//! Bans of whoever looks at a page, as far as the ban lists in memory tell: no page waits for the daemon because of
//! them. While somebody looks, the lists are kept at hand in the background.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use jiff::Timestamp;

use crate::domain::address::{Banned, Target};

use super::bans::ban::ActiveBan;
use super::recent::MaxAge;
use super::service::JailService;

/// Age beyond which a list in memory tells nobody that he is banned.
const LONGEST: Duration = Duration::from_mins(2);
/// Interval between two readings while somebody looks.
const INTERVAL: Duration = Duration::from_secs(30);
/// Time for which a page that was opened counts as looked at.
const LOOKED_AT: Duration = Duration::from_mins(1);
/// Longest time that a login waits for the lists.
const AT_LOGIN: Duration = Duration::from_secs(2);

impl JailService {
    /// The bans that hold `client`, by its address or by a network around it.
    pub(crate) fn own_bans(&self, client: IpAddr) -> Vec<ActiveBan> {
        *self.looking.last.lock() = Some(Instant::now());
        let names = names(client);
        let now = Timestamp::now();
        let mut own = Vec::new();
        for (jail, bans) in self.ban_lists.in_memory(&self.daemon) {
            if now.duration_since(bans.as_of).unsigned_abs() > LONGEST {
                continue;
            }
            let held = names.iter().filter_map(|name| bans.list.table.find(name));
            let held = held.filter(|ban| ban.seconds_left(now) != Some(0)).cloned();
            let context = self.ban_context(&jail, &bans);
            let (jail, context) = (&jail, &context);
            own.extend(held.map(|ban| ActiveBan { jail: jail.clone(), ban, context: context.clone() }));
        }
        own.sort_by(|a, b| a.jail.cmp(&b.jail));
        own
    }

    /// Brings the lists up to date for somebody who logs in, which is who may be banned. Does not wait long.
    pub(crate) async fn prepare_own_bans(&self) {
        if self.looking.is_kept_up.load(Ordering::Relaxed) {
            let mut read = self.looking.read.subscribe();
            self.looking.wanted.notify_one();
            // What is not there in time is there for the next page.
            drop(tokio::time::timeout(AT_LOGIN, read.changed()).await);
        }
    }

    /// Keeps the lists at hand while somebody looks. Never returns.
    pub(crate) async fn keep_lists_at_hand(self: Arc<Self>) {
        self.looking.is_kept_up.store(true, Ordering::Relaxed);
        loop {
            let wanted = tokio::select! {
                () = self.looking.wanted.notified() => Some(MaxAge::now()),
                () = tokio::time::sleep(INTERVAL) => self.is_looked_at().then(MaxAge::poll),
            };
            if let Some(age) = wanted {
                if let Err(error) = self.bans_over_jails(None, age).await {
                    tracing::debug!(%error, "the ban lists are not at hand");
                }
                self.looking.read.send_modify(|number| *number += 1);
            }
        }
    }

    fn is_looked_at(&self) -> bool {
        self.looking.last.lock().is_some_and(|last| last.elapsed() < LOOKED_AT)
    }
}

/// Everything that could be banned and hold `client`.
fn names(client: IpAddr) -> Vec<Banned> {
    let client = client.to_canonical();
    let longest = if client.is_ipv4() { 32 } else { 128 };
    let networks = (0..longest).filter_map(|length| IpNet::new(client, length).ok());
    let networks = networks.map(|network| Banned::Target(Target::Network(network.trunc())));
    networks.chain([Banned::Target(client.into())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_held_by_itself_and_by_each_network_around_it() {
        let names: Vec<String> = names([203, 0, 113, 7].into()).iter().map(ToString::to_string).collect();
        for name in ["203.0.113.7", "203.0.113.0/24", "203.0.113.6/31", "0.0.0.0/0"] {
            assert!(names.iter().any(|own| own == name), "{name}");
        }
        assert_eq!(names.len(), 33);
    }
}
