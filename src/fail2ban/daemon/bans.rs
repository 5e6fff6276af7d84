//! Questions to the daemon about bans.

use std::collections::HashSet;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::daemon_clock::{BanListing, DaemonClock};
use crate::domain::jail::JailName;
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::{bans, command, unban};

use super::Daemon;

impl Daemon {
    /// Every ban of `jail` that holds now, and the entries of its list that cannot be read.
    pub async fn bans(&self, jail: &JailName) -> Result<BanListing, Error> {
        let unread = |error: tokio::task::JoinError| Error::Unreadable(error.to_string());
        // The database is read while the daemon makes the list. Its name is asked for first: behind a long list
        // it would come too late.
        let asked = self.connection.ask(Command::Bans(jail).question());
        let (mut wanted, reply) = futures_util::future::join(self.wanted(jail), asked).await;
        let reply = reply?;
        let now = Timestamp::now();
        let (candidates, started) = self.candidates().await?;
        let read = move || bans::parse_bans(&reply, &mut wanted, &candidates, now);
        let (listing, chosen) = tokio::task::spawn_blocking(read).await.map_err(unread)??;
        self.remember_zone(&chosen);
        Ok(BanListing { clock: DaemonClock { zone: chosen.known, started }, ..listing })
    }

    /// Returns for each of `addresses`, in their order, true if it is banned in `jail`. Takes
    /// fail2ban far less time than its whole list: it looks an address up in it
    /// (`fail2ban/server/actions.py`, `getBanned`).
    ///
    /// # Errors
    /// Fails if there is no such jail, the daemon cannot be reached, its answer not be read or it
    /// is too old to tell.
    pub async fn banned(&self, jail: &JailName, addresses: &[IpAddr]) -> Result<Vec<bool>, Error> {
        let commands: Vec<Command<'_>> =
            addresses.iter().map(|address| Command::IsBanned(jail, *address)).collect();
        let answers = self.ask_all(&commands).await?;
        answers.into_iter().map(|answer| Ok(command::count(&answer?)? > 0)).collect()
    }

    /// Bans `targets` in `jail`. Returns the number of those that were not banned there before.
    pub async fn ban(&self, jail: &JailName, targets: &[Target]) -> Result<BanChange, Error> {
        let named: HashSet<Banned> = targets.iter().map(|target| Banned::Target(*target)).collect();
        let concerned = move |banned: &Banned| named.contains(banned);
        let asked = Timestamp::now();
        let command = Command::Ban(jail, targets);
        let (answer, failures) = self.ask_and_watch_actions(command, jail, concerned).await?;
        let count = command::count(&answer)?;
        if usize::try_from(count) == Ok(targets.len()) {
            self.remember_made(jail, targets, asked);
        }
        Ok(BanChange { count, failures })
    }

    /// Lifts the bans of `banned` in `jail`. Returns the number of those that there were. A network
    /// that is not itself banned lifts every ban inside it (`fail2ban/server/actions.py`,
    /// `removeBannedIP`).
    pub async fn unban(&self, jail: &JailName, banned: &[Banned]) -> Result<BanChange, Error> {
        let named: HashSet<Banned> = banned.iter().cloned().collect();
        let networks: Vec<Target> = banned.iter().filter_map(|banned| banned.target().copied()).collect();
        let concerned = move |lifted: &Banned| {
            let is_inside = |lifted: &Target| networks.iter().any(|network| network.covers(lifted));
            let has_other_name = || lifted.with_impossible_prefix().is_some_and(|name| named.contains(&name));
            named.contains(lifted) || lifted.target().is_some_and(is_inside) || has_other_name()
        };
        let command = Command::Unban(jail, banned);
        let (answer, failures) = match self.ask_and_watch_actions(command, jail, concerned).await {
            Ok((answer, failures)) => (Ok(answer), failures),
            Err(error) => (Err(error), Vec::new()),
        };
        Ok(BanChange { count: unban::unbanned(answer)?, failures })
    }
}
