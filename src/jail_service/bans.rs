//! Bans: a page of them, who holds an address, ban and unban.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::fail2ban;

use super::{BanList, Error, JailService, is_unknown_jail};

/// A jail that holds an address, by that address itself or by a network around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The jail.
    pub jail: JailName,
    /// The ban.
    pub ban: Ban,
}

/// An entry that was banned lately, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestBan {
    /// Who or what.
    pub banned: Banned,
    /// The jails that hold it, the latest first.
    pub jails: Vec<JailName>,
    /// When the latest of them banned it.
    pub since: Timestamp,
}

/// The ban lists of several jails.
#[derive(Debug)]
pub struct AllBans {
    /// Every jail that runs.
    pub jails: Vec<JailName>,
    /// The lists that were asked for.
    pub lists: Vec<(JailName, Arc<BanList>)>,
}

/// What an unban over all jails did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbanned {
    /// What was lifted, and in which jail.
    pub lifted: Vec<(JailName, Banned)>,
    /// Banned networks that still hold the address.
    pub still_held: Vec<Holder>,
}

impl JailService {
    /// The bans of `jail` that hold now.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn bans(&self, jail: &JailName) -> Result<Arc<BanList>, Error> {
        Ok(self.ban_lists.of(jail, &self.daemon).await?)
    }

    /// The bans of every jail that runs, or of `only` one.
    ///
    /// # Errors
    /// When `only` does not exist or the daemon does not answer.
    pub async fn bans_over_jails(&self, only: Option<&JailName>) -> Result<AllBans, Error> {
        if let Some(jail) = only {
            let lists = vec![(jail.clone(), self.bans(jail).await?)];
            return Ok(AllBans { jails: self.daemon.jail_names().await?, lists });
        }
        let lists = self.all_bans().await?;
        let jails = lists.iter().map(|(jail, _)| jail.clone()).collect();
        Ok(AllBans { jails, lists })
    }

    /// The same to be looked at: while an unban of many changes the lists all the time, one that was
    /// read a little before will do.
    ///
    /// # Errors
    /// As for [`Self::bans_over_jails`].
    pub async fn shown_bans(&self, only: Option<&JailName>) -> Result<AllBans, Error> {
        if self.bulk().running.is_none() {
            return self.bans_over_jails(only).await;
        }
        let jails = self.daemon.jail_names().await?;
        if let Some(unknown) = only.filter(|only| !jails.contains(only)) {
            return Err(fail2ban::Error::UnknownJail(unknown.to_string()).into());
        }
        let wanted: Vec<&JailName> =
            jails.iter().filter(|jail| only.is_none_or(|only| only == *jail)).collect();
        let lists = join_all(wanted.iter().map(|jail| self.ban_lists.lately_of(jail, &self.daemon))).await;
        let lists = wanted.into_iter().zip(lists);
        let lists = lists
            .filter(|(jail, list)| !matches!(list, Err(error) if is_unknown_jail(error, jail)))
            .map(|(jail, list)| Ok((jail.clone(), list?)))
            .collect::<Result<_, fail2ban::Error>>()?;
        Ok(AllBans { jails, lists })
    }

    /// Bans `targets` in `jail`. Returns how many were not banned there before.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses or does not answer.
    pub async fn ban(&self, jail: &JailName, targets: &[Target]) -> Result<u64, Error> {
        let newly = self.daemon.ban(jail, targets).await?;
        for target in targets {
            tracing::info!(jail = jail.as_str(), address = target.to_string(), newly, "ip_banned");
        }
        Ok(newly)
    }

    /// Lifts the bans that `names` stand for in `jail`; each as the list shows it, or an address or
    /// network in any form. Returns what was lifted.
    ///
    /// # Errors
    /// When a name is no address and not banned, there is no such jail, or the daemon does not answer.
    pub async fn unban(&self, jail: &JailName, names: &[String]) -> Result<Vec<Banned>, Error> {
        let list = self.bans(jail).await?;
        let mut banned = Vec::new();
        for name in names {
            for entry in entries(&list.bans, name)? {
                if !banned.contains(&entry) {
                    banned.push(entry);
                }
            }
        }
        if banned.is_empty() {
            return Ok(banned);
        }
        if let Some(entry) = banned.iter().find(|entry| !entry.is_sendable()) {
            return Err(Error::Unsendable(entry.to_string()));
        }
        if self.daemon.unban(jail, &banned).await? == 0 {
            // Somebody else was quicker.
            return Ok(Vec::new());
        }
        // The daemon counts, but the list is what people see: what is gone from it is lifted.
        let after = self.bans(jail).await?;
        banned.retain(|entry| !after.bans.iter().any(|ban| ban.banned == *entry));
        for entry in &banned {
            tracing::info!(jail = jail.as_str(), address = entry.to_string(), "ip_unbanned");
        }
        Ok(banned)
    }

    /// Every jail that holds `name`: by an equal entry, by a network around it, or, where it is a
    /// network, by entries inside it.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn holders(&self, name: &str) -> Result<Vec<Holder>, Error> {
        let target: Option<Target> = name.parse().ok();
        let concerned = |ban: &Ban| match (&target, ban.banned.target()) {
            (Some(target), Some(held)) => held.covers(target) || target.covers(held),
            _ => ban.banned.to_string() == name,
        };
        let mut holders = Vec::new();
        for (jail, list) in self.all_bans().await? {
            holders.extend(
                list.bans
                    .iter()
                    .filter(|ban| concerned(ban))
                    .map(|ban| Holder { jail: jail.clone(), ban: ban.clone() }),
            );
        }
        Ok(holders)
    }

    /// Lifts the bans of `name` in `jail`, or in every jail that holds it.
    ///
    /// # Errors
    /// When the name is no address and banned nowhere, or the daemon does not answer.
    pub async fn unban_everywhere(&self, name: &str, jail: Option<&JailName>) -> Result<Unbanned, Error> {
        let everywhere = jail.is_none();
        let jails = match jail {
            Some(jail) => vec![jail.clone()],
            None => self.jails_that_list(name).await?,
        };
        let mut lifted = Vec::new();
        for jail in jails {
            let names = [name.to_owned()];
            lifted.extend(self.unban(&jail, &names).await?.into_iter().map(|banned| (jail.clone(), banned)));
        }
        if everywhere && !lifted.is_empty() {
            let jails: Vec<&str> = lifted.iter().map(|(jail, _)| jail.as_str()).collect();
            tracing::info!(address = name, ?jails, "ip_unbanned_all_jails");
        }
        Ok(Unbanned { lifted, still_held: self.holders(name).await? })
    }

    /// The `number` entries that were banned last, over all jails.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn latest_bans(&self, number: usize) -> Result<Vec<LatestBan>, Error> {
        let lists = self.all_bans().await?;
        let mut all: Vec<(&JailName, &Ban)> =
            lists.iter().flat_map(|(jail, list)| list.bans.iter().map(move |ban| (jail, ban))).collect();
        all.sort_by(|a, b| b.1.since.cmp(&a.1.since).then_with(|| a.1.banned.cmp(&b.1.banned)));
        let mut latest: Vec<LatestBan> = Vec::new();
        for (jail, ban) in all {
            if let Some(known) = latest.iter_mut().find(|known| known.banned == ban.banned) {
                known.jails.push(jail.clone());
            } else if latest.len() < number {
                latest.push(LatestBan {
                    banned: ban.banned.clone(),
                    jails: vec![jail.clone()],
                    since: ban.since,
                });
            }
        }
        Ok(latest)
    }

    async fn jails_that_list(&self, name: &str) -> Result<Vec<JailName>, Error> {
        let mut jails = Vec::new();
        let mut readable = name.parse::<Target>().is_ok();
        for (jail, list) in self.all_bans().await? {
            let held = list.bans.iter().any(|ban| ban.banned.to_string() == name);
            readable |= held;
            if held || entries(&list.bans, name).is_ok_and(|entries| !entries.is_empty()) {
                jails.push(jail);
            }
        }
        if readable { Ok(jails) } else { Err(Error::NotBannable(name.to_owned())) }
    }

    /// The ban lists of all jails, asked for together. A jail that ends meanwhile is left out.
    async fn all_bans(&self) -> Result<Vec<(JailName, Arc<BanList>)>, Error> {
        let jails = self.daemon.jail_names().await?;
        let lists = join_all(jails.iter().map(|jail| self.ban_lists.of(jail, &self.daemon))).await;
        let known = jails.into_iter().zip(lists);
        known
            .filter(|(jail, list)| !matches!(list, Err(error) if is_unknown_jail(error, jail)))
            .map(|(jail, list)| Ok((jail, list?)))
            .collect()
    }
}

/// The entries of a list that `name` stands for: the one that reads so, or else, for a network, every
/// entry inside it. Empty when it is an address that is not banned.
fn entries(bans: &[Ban], name: &str) -> Result<Vec<Banned>, Error> {
    let target: Option<Target> = name.parse().ok();
    let equal = |ban: &&Ban| {
        ban.banned.to_string() == name || (target.is_some() && ban.banned.target() == target.as_ref())
    };
    if let Some(ban) = bans.iter().find(equal) {
        return Ok(vec![ban.banned.clone()]);
    }
    let Some(target) = target else { return Err(Error::NotBannable(name.to_owned())) };
    let inside = |ban: &&Ban| ban.banned.target().is_some_and(|held| target.covers(held));
    Ok(bans.iter().filter(inside).map(|ban| ban.banned.clone()).collect())
}
