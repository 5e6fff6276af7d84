//! Bans that fail2ban does not find by the names that it lists itself.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::ban::table::BanTable;
use crate::domain::jail::JailName;
use crate::events::Event;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;

use super::lifted::Lifted;

impl JailService {
    /// Lifts those of `entries` that `jail` still lists after it was told to lift them: it holds an address with an
    /// impossible prefix, which only another name finds.
    ///
    /// # Errors
    /// When there is no such jail, the list cannot be read, or the daemon does not answer.
    pub(super) async fn unban_by_other_names(
        &self,
        jail: &JailName,
        entries: &[Banned],
        by: &str,
    ) -> Result<Lifted, Error> {
        let bans = self.list_now(jail).await?;
        let is_listed = |entry: &&Banned| bans.list.table.find(entry).is_some();
        let listed: Vec<Banned> = entries.iter().filter(is_listed).cloned().collect();
        let names = other_names(&listed, &bans.list.table);
        if names.is_empty() {
            return Ok(Lifted { still_banned: listed, ..Lifted::default() });
        }
        let BanChange { failures, .. } =
            self.daemon.unban(jail, &names).await.inspect_err(|error| self.look_again(jail, error))?;
        self.ban_lists.lifted(jail, &listed);
        self.publish_failures(jail, &failures).await;
        let bans = self.list_now(jail).await?;
        let is_still = |entry: &Banned| bans.list.table.find(entry).is_some();
        let (still_banned, entries): (Vec<Banned>, Vec<Banned>) = listed.into_iter().partition(is_still);
        self.history.lifted(jail, &entries, Some(by)).await;
        let event = Event::Unbanned { jail: jail.clone(), entries: entries.clone() };
        self.events.publish(event).await;
        Ok(Lifted { entries, still_banned, failures })
    }
}

/// The other names of `listed`, without those that would lift a network along with it.
fn other_names(listed: &[Banned], table: &BanTable) -> Vec<Banned> {
    if listed.is_empty() {
        return Vec::new();
    }
    let begin = |entry: &Banned| match entry.target() {
        Some(Target::Network(network)) => Some(network.network()),
        Some(Target::Address(_)) | None => None,
    };
    let begins: HashSet<IpAddr> = table.bans().iter().filter_map(|ban| begin(&ban.banned)).collect();
    let is_alone =
        |entry: &&Banned| entry.to_string().parse().is_ok_and(|address: IpAddr| !begins.contains(&address));
    listed.iter().filter(is_alone).filter_map(Banned::with_impossible_prefix).collect()
}
