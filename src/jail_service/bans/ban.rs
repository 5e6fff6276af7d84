//! Bans: who holds an address, who was banned last, and how to ban.

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::ban::{Ban, Holder};
use crate::domain::jail::JailName;
use crate::events::Event;
use crate::fail2ban;
use crate::fail2ban::error::if_readable;
use crate::jail_service::all_bans::Gap;
use crate::jail_service::ban_context::BanContext;
use crate::jail_service::ban_lists::list::JailBans;
use crate::jail_service::error::Error;
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

/// A jail that holds an address, by that address itself or by a network around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActiveBan {
    pub jail: JailName,
    pub ban: Ban,
    /// Facts that are needed to interpret the ban.
    pub(crate) context: BanContext,
}

/// An entry that was banned lately, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LatestBan {
    /// The jails that hold it, the latest first.
    pub jails: Vec<JailName>,
    /// The latest of its bans.
    pub ban: Ban,
    /// Facts that are needed to interpret the ban.
    pub(crate) context: BanContext,
}

/// Bans that hold an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Every ban that does.
    pub holders: Vec<ActiveBan>,
    /// Gaps in the ban lists, so that there may be more bans.
    pub(crate) gaps: Vec<Gap>,
}

impl JailService {
    /// Bans `targets` in `jail`. Counts those that were not banned there before.
    pub async fn ban(&self, jail: &JailName, targets: &[Target]) -> Result<BanChange, Error> {
        let change =
            self.daemon.ban(jail, targets).await.inspect_err(|error| self.look_again(jail, error))?;
        self.history.look_soon();
        let event = Event::Banned { jail: jail.clone(), targets: targets.to_vec(), newly: change.count };
        self.events.publish(event).await;
        self.publish_failures(jail, &change.failures).await;
        Ok(change)
    }

    /// Forgets the list of `jail` where an answer that could not be read leaves open whether it was changed.
    pub(in crate::jail_service) fn look_again(&self, jail: &JailName, error: &fail2ban::Error) {
        if matches!(error, fail2ban::Error::Unreadable(_)) {
            self.ban_lists.forget(jail);
        }
    }

    pub(crate) async fn list_now(&self, jail: &JailName) -> Result<JailBans, Error> {
        Ok(self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await?)
    }

    /// Every jail that holds `name`: by an equal entry, by a network around it, or, where it is a
    /// network, by entries inside it.
    pub async fn holders(&self, name: &str) -> Result<Held, Error> {
        let target: Option<Target> = name.parse().ok();
        let entry = Banned::from_daemon(name);
        let concerned = |ban: &&Ban| match (&target, ban.banned.target()) {
            (Some(target), Some(held)) => held.covers(target) || target.covers(held),
            _ => ban.banned == entry,
        };
        let mut holders = Vec::new();
        let all = self.bans_over_jails(None, MaxAge::now()).await?;
        for (jail, bans) in all.lists {
            let held = bans.list.table.bans().iter().filter(concerned);
            let context = self.ban_context(&jail, &bans);
            holders.extend(held.map(|ban| ActiveBan {
                jail: jail.clone(),
                ban: ban.clone(),
                context: context.clone(),
            }));
        }
        Ok(Held { holders, gaps: all.gaps })
    }

    /// Returns the number of jails other than `jail` that hold just this entry. fail2ban tells that of an address without
    /// any list; else the lists of those jails tell.
    pub(crate) async fn other_jails_with(
        &self,
        jail: &JailName,
        entry: &Banned,
        freshness: MaxAge,
    ) -> Result<usize, Error> {
        let mut others = self.daemon.jail_names().await?;
        others.retain(|other| other != jail);
        if others.is_empty() {
            return Ok(0);
        }
        if let Some(Target::Address(address)) = entry.target()
            && let Some(holders) = if_readable(self.daemon.holders(*address).await)?.flatten()
        {
            let holds = |holder: &&Holder| holder.jail != *jail && holder.banned == *entry;
            return Ok(holders.iter().filter(holds).count());
        }
        let mut number = 0;
        for other in &others {
            let lists = self.bans_over_jails(Some(other), freshness).await?.lists;
            number += lists.iter().filter(|(_, bans)| bans.list.table.find(entry).is_some()).count();
        }
        Ok(number)
    }

    /// The `number` entries that were banned last, over all jails.
    pub(crate) async fn latest_bans(&self, number: usize) -> Result<Vec<LatestBan>, Error> {
        let lists = self.bans_over_jails(None, MaxAge::now()).await?.lists;
        // An entry stands in each list once, so no list has more of the latest than these.
        let mut first: Vec<_> = lists
            .iter()
            .flat_map(|(jail, bans)| {
                bans.list.table.latest(number).into_iter().map(move |ban| (jail, bans, ban))
            })
            .collect();
        first.sort_by(|(.., a), (.., b)| b.since.cmp(&a.since).then_with(|| a.banned.cmp(&b.banned)));
        let mut latest: Vec<LatestBan> = Vec::new();
        for (jail, bans, ban) in first {
            if latest.len() == number {
                break;
            }
            if latest.iter().all(|known| known.ban.banned != ban.banned) {
                let mut jails: Vec<(&JailName, &Ban)> = lists
                    .iter()
                    .filter_map(|(jail, bans)| Some((jail, bans.list.table.find(&ban.banned)?)))
                    .collect();
                jails.sort_by_key(|(_, ban)| std::cmp::Reverse(ban.since));
                let jails = jails.into_iter().map(|(jail, _)| jail.clone()).collect();
                latest.push(LatestBan { jails, ban: ban.clone(), context: self.ban_context(jail, bans) });
            }
        }
        Ok(latest)
    }
}
