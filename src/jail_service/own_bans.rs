//! Bans of whoever looks at a page: no page waits for the daemon because of them. While somebody looks, it is kept up in
//! the background which jails hold his address: fail2ban's database knows the networks around it, and fail2ban tells
//! without any list whether they and the address are banned. Only where that is not possible the ban lists are read.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::Holder;
use crate::fail2ban;

use super::looking::{HeldThen, Looker};
use super::recent::MaxAge;
use super::service::JailService;

/// Age beyond which an answer or a list in memory tells nobody that he is banned.
const LONGEST: Duration = Duration::from_mins(2);
/// Interval between two questions while somebody looks.
const INTERVAL: Duration = Duration::from_secs(30);
/// Time for which a page that was opened counts as looked at.
const LOOKED_AT: Duration = Duration::from_mins(1);
/// Longest time that a login waits for the answer.
const AT_LOGIN: Duration = Duration::from_secs(2);

impl JailService {
    /// The bans that hold `client`, by its address or by a network around it. Of each jail the newer counts: its list
    /// in memory or the answer to the question.
    pub(crate) fn own_bans(&self, client: IpAddr) -> Vec<Holder> {
        let now = Timestamp::now();
        let is_recent = |at: Timestamp| now.duration_since(at).unsigned_abs() <= LONGEST;
        let (generation, lifts) = (self.daemon.generation(), self.ban_lists.lifts());
        let held = self
            .note_looked(client)
            .filter(|held| is_recent(held.at) && held.generation == generation && held.lifts == lifts);
        let names = names(client);
        let mut by_list = Vec::new();
        let mut own = Vec::new();
        for (jail, bans) in self.ban_lists.in_memory(&self.daemon) {
            if !is_recent(bans.as_of) || held.as_ref().is_some_and(|held| held.at > bans.as_of) {
                continue;
            }
            let found = names.iter().filter_map(|name| bans.list.table.find(name));
            let found = found.filter(|ban| ban.seconds_left(now) != Some(0));
            own.extend(found.map(|ban| Holder { jail: jail.clone(), banned: ban.banned.clone() }));
            by_list.push(jail);
        }
        let holders = held.map(|held| held.holders).unwrap_or_default();
        own.extend(holders.into_iter().filter(|holder| !by_list.contains(&holder.jail)));
        own.sort_by(|a, b| a.jail.cmp(&b.jail));
        own
    }

    /// Notes that `client` looks. Returns what is known of its bans.
    fn note_looked(&self, client: IpAddr) -> Option<HeldThen> {
        let mut clients = self.looking.clients.lock();
        let now = Instant::now();
        let looker = clients.entry(client).or_insert(Looker { last: now, held: None });
        looker.last = now;
        looker.held.clone()
    }

    /// Finds out who bans `client`, who logs in. Does not wait long.
    pub(crate) async fn prepare_own_bans(&self, client: IpAddr) {
        if self.looking.is_kept_up.load(Ordering::Relaxed) {
            drop(self.note_looked(client));
            let mut read = self.looking.read.subscribe();
            self.looking.wanted.notify_one();
            // What is not there in time is there for the next page.
            drop(tokio::time::timeout(AT_LOGIN, read.changed()).await);
        }
    }

    /// Keeps up who bans those who look. Never returns.
    pub(crate) async fn keep_own_bans(self: Arc<Self>) {
        self.looking.is_kept_up.store(true, Ordering::Relaxed);
        loop {
            let age = tokio::select! {
                () = self.looking.wanted.notified() => MaxAge::now(),
                () = tokio::time::sleep(INTERVAL) => MaxAge::poll(),
            };
            if let Err(error) = self.ask_own_bans(age).await {
                tracing::debug!(%error, "it is not known who bans those who look");
            }
            self.looking.read.send_modify(|number| *number += 1);
        }
    }

    async fn ask_own_bans(&self, age: MaxAge) -> Result<(), super::error::Error> {
        let clients: Vec<IpAddr> = {
            let mut clients = self.looking.clients.lock();
            clients.retain(|_, looker| looker.last.elapsed() < LOOKED_AT);
            clients.keys().copied().collect()
        };
        let mut takes_lists = false;
        for client in clients {
            let (lifts, at) = (self.ban_lists.lifts(), Timestamp::now());
            let holders = match self.daemon.holders(client).await {
                // What cannot be read here, the lists may tell.
                Err(fail2ban::Error::Refused { .. } | fail2ban::Error::Unreadable(_)) => None,
                answer => answer?,
            };
            takes_lists |= holders.is_none();
            let generation = self.daemon.generation();
            let held = holders.map(|holders| HeldThen { at, holders, generation, lifts });
            if let Some(looker) = self.looking.clients.lock().get_mut(&client) {
                looker.held = held;
            }
        }
        if takes_lists {
            self.bans_over_jails(None, age).await?;
        }
        Ok(())
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
