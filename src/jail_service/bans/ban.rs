//! Bans: a page of them, who holds an address, ban and unban.

use std::net::IpAddr;

use crate::domain::action_failure::{ActionFailure, BanChange};
use crate::domain::address::{Banned, Target};
use crate::domain::ban::Ban;
use crate::domain::jail::{JailName, Unread};
use crate::fail2ban;
use crate::jail_service::all_bans::Gap;
use crate::jail_service::ban_context::BanContext;
use crate::jail_service::ban_lists::list::JailBans;
use crate::jail_service::error::{Error, is_unknown_jail};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

use super::lifted::{Lifted, log_failures};

/// A jail that holds an address, by that address itself or by a network around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActiveBan {
    pub jail: JailName,
    pub ban: Ban,
    /// What has to be known beside it.
    pub(crate) context: BanContext,
}

/// An entry that was banned lately, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LatestBan {
    /// The jails that hold it, the latest first.
    pub jails: Vec<JailName>,
    /// The latest of its bans.
    pub ban: Ban,
    /// What has to be known beside it.
    pub(crate) context: BanContext,
}

/// Who holds an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Every ban that does.
    pub holders: Vec<ActiveBan>,
    /// What is not known, so that there may be more.
    pub(crate) gaps: Vec<Gap>,
}

/// What an unban over all jails did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unbanned {
    /// What was lifted, and in which jail.
    pub lifted: Vec<(JailName, Banned)>,
    /// The actions that failed meanwhile, by jail.
    pub failures: Vec<(JailName, Vec<ActionFailure>)>,
    /// Banned networks that still hold the address.
    pub(crate) still_held: Held,
    /// The jails in which it could not be lifted, and why.
    pub failed: Vec<(JailName, Unread)>,
}

impl JailService {
    /// Bans `targets` in `jail`. Counts those that were not banned there before.
    pub async fn ban(&self, jail: &JailName, targets: &[Target]) -> Result<BanChange, Error> {
        let change =
            self.daemon.ban(jail, targets).await.inspect_err(|error| self.look_again(jail, error))?;
        for target in targets {
            tracing::info!(
                jail = jail.as_str(),
                address = target.to_string(),
                newly = change.count,
                "ip_banned"
            );
        }
        log_failures(jail, &change.failures);
        Ok(change)
    }

    /// Lifts the bans that `names` stand for in `jail`; each as the list shows it, or an address or
    /// network in any form. Waits for no list but one that is being read.
    ///
    /// # Errors
    /// When a name is no address and not banned, there is no such jail, or the daemon does not answer.
    pub async fn unban(&self, jail: &JailName, names: &[String]) -> Result<Lifted, Error> {
        let mut first = Some(self.ban_lists.prioritise());
        let banned = if let Some(banned) = self.held_at_hand(jail, names).await? {
            banned
        } else {
            first = None;
            entries_named(&self.list_now(jail).await?, names)?
        };
        if let Some(entry) = banned.iter().find(|entry| !entry.is_sendable()) {
            return Err(Error::Unsendable(entry.to_string()));
        }
        if banned.is_empty() {
            return Ok(Lifted::default());
        }
        let BanChange { count, failures } =
            self.daemon.unban(jail, &banned).await.inspect_err(|error| self.look_again(jail, error))?;
        drop(first);
        // Whoever lifted them: what fail2ban was told to unban is not banned.
        self.ban_lists.lifted(jail, &banned);
        if count == 0 {
            // Somebody else was quicker.
            return Ok(Lifted::default());
        }
        for entry in &banned {
            tracing::info!(jail = jail.as_str(), address = entry.to_string(), "ip_unbanned");
        }
        log_failures(jail, &failures);
        Ok(Lifted { entries: banned, failures })
    }

    /// Forgets the list of `jail` where an answer that could not be read leaves open whether it was changed.
    fn look_again(&self, jail: &JailName, error: &fail2ban::Error) {
        if matches!(error, fail2ban::Error::Unreadable(_)) {
            self.ban_lists.forget(jail);
        }
    }

    /// The entries that `names` stand for, where that can be told without reading the whole list.
    async fn held_at_hand(&self, jail: &JailName, names: &[String]) -> Result<Option<Vec<Banned>>, Error> {
        if let Some(bans) = self.ban_lists.at_hand(jail, &self.daemon).await? {
            return Ok(Some(entries_named(&bans, names)?));
        }
        // In any other form it may stand for another entry.
        let Some(addresses) = names.iter().map(|name| address(name)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        match self.daemon.banned(jail, &addresses).await {
            Ok(answers) => {
                let held = addresses.into_iter().zip(answers).filter(|(_, is_banned)| *is_banned);
                Ok(Some(held.map(|(address, _)| Banned::Target(address.into())).collect()))
            }
            // It is too old to tell, or what it tells is no number: the list says it as well.
            Err(fail2ban::Error::Refused { .. } | fail2ban::Error::Unreadable(_)) => Ok(None),
            Err(error) => Err(error.into()),
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

    /// Lifts the bans of `name` in `jail`, or in every jail that holds it. Where one jail cannot be read the
    /// others are unbanned all the same.
    ///
    /// # Errors
    /// When the name is no address and banned nowhere, or the daemon does not answer.
    pub(crate) async fn unban_everywhere(
        &self,
        name: &str,
        jail: Option<&JailName>,
    ) -> Result<Unbanned, Error> {
        let names = [name.to_owned()];
        let (mut lifted, mut failures, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |jail: &JailName, done: Lifted| {
            lifted.extend(done.entries.into_iter().map(|banned| (jail.clone(), banned)));
            if !done.failures.is_empty() {
                failures.push((jail.clone(), done.failures));
            }
        };
        if let Some(jail) = jail {
            add(jail, self.unban(jail, &names).await?);
        } else {
            for jail in self.jails_that_may_hold(name).await? {
                match self.unban(&jail, &names).await {
                    Ok(done) => add(&jail, done),
                    Err(Error::Daemon(error)) if is_unknown_jail(&error, &jail) => {}
                    Err(Error::Daemon(error)) if !error.is_of_the_connection() => {
                        tracing::warn!(%error, %jail, "an unban over all jails failed in one");
                        failed.push((jail, error.into()));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if jail.is_none() && !lifted.is_empty() {
            let jails: Vec<&str> = lifted.iter().map(|(jail, _)| jail.as_str()).collect();
            tracing::info!(address = name, ?jails, "ip_unbanned_all_jails");
        }
        Ok(Unbanned { lifted, failures, still_held: self.holders(name).await?, failed })
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

    /// The jails that have to be looked into for `name`.
    async fn jails_that_may_hold(&self, name: &str) -> Result<Vec<JailName>, Error> {
        if address(name).is_some() {
            return Ok(self.daemon.jail_names().await?);
        }
        let mut jails = Vec::new();
        let mut readable = name.parse::<Target>().is_ok();
        for (jail, bans) in self.bans_over_jails(None, MaxAge::now()).await?.lists {
            if entries(&bans, name).is_ok_and(|entries| !entries.is_empty()) {
                readable = true;
                jails.push(jail);
            }
        }
        if readable { Ok(jails) } else { Err(Error::NotBannable(name.to_owned())) }
    }
}

/// The address that `name` is, where it is written as fail2ban writes it.
fn address(name: &str) -> Option<IpAddr> {
    match Banned::from_daemon(name) {
        Banned::Target(Target::Address(address)) => Some(address),
        Banned::Target(Target::Network(_)) | Banned::Text(_) => None,
    }
}

/// The entries of a list that `names` stand for, each once.
fn entries_named(bans: &JailBans, names: &[String]) -> Result<Vec<Banned>, Error> {
    let mut held = Vec::new();
    for name in names {
        for entry in entries(bans, name)? {
            if !held.contains(&entry) {
                held.push(entry);
            }
        }
    }
    Ok(held)
}

/// The entries of a list that `name` stands for: the one that reads so, or else, for a network, every
/// entry inside it. Empty when it is an address that is not banned.
fn entries(bans: &JailBans, name: &str) -> Result<Vec<Banned>, Error> {
    let table = &bans.list.table;
    let target: Option<Target> = name.parse().ok();
    let equal = table.find(&Banned::from_daemon(name));
    if let Some(ban) = equal.or_else(|| table.find(&Banned::Target(target?))) {
        return Ok(vec![ban.banned.clone()]);
    }
    let Some(target) = target else { return Err(Error::NotBannable(name.to_owned())) };
    let inside = |ban: &&Ban| ban.banned.target().is_some_and(|held| target.covers(held));
    Ok(table.bans().iter().filter(inside).map(|ban| ban.banned.clone()).collect())
}
