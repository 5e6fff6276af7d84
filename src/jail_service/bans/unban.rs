//! Unbans of named addresses or entries, in one jail or in each.

use std::net::IpAddr;

use crate::domain::action_failure::{ActionFailure, BanChange};
use crate::domain::address::{Banned, Target};
use crate::domain::ban::Ban;
use crate::domain::jail::{JailName, Unread};
use crate::events::Event;
use crate::fail2ban;
use crate::jail_service::ban_lists::list::JailBans;
use crate::jail_service::bans::ban::Held;
use crate::jail_service::error::{Error, is_unknown_jail};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

use super::lifted::Lifted;

/// Result of an unban over all jails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unbanned {
    /// Entries that were lifted, with their jail.
    pub lifted: Vec<(JailName, Banned)>,
    /// Entries that fail2ban did not lift although it was told to, by jail.
    pub(crate) still_banned: Vec<(JailName, Vec<Banned>)>,
    /// The actions that failed meanwhile, by jail.
    pub failures: Vec<(JailName, Vec<ActionFailure>)>,
    /// Every ban that still holds the address.
    pub(crate) still_held: Held,
    /// The jails in which it could not be lifted, and why.
    pub failed: Vec<(JailName, Unread)>,
}

/// Entries that the names of an unban stand for in one jail.
#[derive(Debug, Default)]
struct Named {
    /// The entries of its list.
    entries: Vec<Banned>,
    /// Number of their bans: fail2ban may list several as the same address.
    bans: usize,
    /// The addresses that it does not find among its bans. It may list them all the same.
    not_found: Vec<Banned>,
}

/// An unban by the names that fail2ban lists.
#[derive(Debug, Default)]
struct Attempt {
    /// Result, as far as fail2ban counts.
    lifted: Lifted,
    /// Entries that may still be listed.
    in_doubt: Vec<Banned>,
}

impl JailService {
    /// Lifts the bans that `names` stand for in `jail`; each as the list shows it, or an address or
    /// network in any form; `by` is the account that asks for it. Waits for no list but one that is being read, unless there is something that fail2ban
    /// does not find.
    ///
    /// # Errors
    /// When a name is no address and not banned, there is no such jail, or the daemon does not answer.
    pub async fn unban(&self, jail: &JailName, names: &[String], by: &str) -> Result<Lifted, Error> {
        let Attempt { lifted, in_doubt } = self.attempt_unban(jail, names, by).await?;
        if in_doubt.is_empty() {
            return Ok(lifted);
        }
        Ok(lifted.followed_by(self.unban_by_other_names(jail, &in_doubt, by).await?))
    }

    async fn attempt_unban(&self, jail: &JailName, names: &[String], by: &str) -> Result<Attempt, Error> {
        // Before the priority: the keeper of timed bans may be reading a list.
        let _alone = self.timed.alone.lock().await;
        let mut first = Some(self.ban_lists.prioritise());
        let Named { entries, bans, not_found } = if let Some(named) = self.named_at_hand(jail, names).await? {
            named
        } else {
            first = None;
            listed_named(&self.list_now(jail).await?, names)?
        };
        if let Some(entry) = entries.iter().find(|entry| !entry.is_sendable()) {
            return Err(Error::Unsendable(entry.to_string()));
        }
        if entries.is_empty() {
            let ended = self.end_timed_bans(Some(jail), &named(names)).await?;
            self.record_ended(&ended, by).await;
            return Ok(Attempt { lifted: Lifted::default(), in_doubt: not_found });
        }
        let BanChange { count, failures } =
            self.daemon.unban(jail, &entries).await.inspect_err(|error| self.look_again(jail, error))?;
        drop(first);
        self.ban_lists.lifted(jail, &entries);
        self.publish_failures(jail, &failures).await;
        self.end_timed_bans(Some(jail), &[entries.as_slice(), &named(names)].concat()).await?;
        let mut in_doubt = not_found;
        if usize::try_from(count).is_ok_and(|count| count < bans) {
            in_doubt.extend_from_slice(&entries);
        }
        if count == 0 {
            return Ok(Attempt { lifted: Lifted { failures, ..Lifted::default() }, in_doubt });
        }
        self.history.lifted(jail, &entries, Some(by)).await;
        let event = Event::Unbanned { jail: jail.clone(), entries: entries.clone() };
        self.events.publish(event).await;
        Ok(Attempt { lifted: Lifted { entries, failures, ..Lifted::default() }, in_doubt })
    }

    /// Finds the entries that `names` stand for, where that is possible without reading the whole
    /// list.
    async fn named_at_hand(&self, jail: &JailName, names: &[String]) -> Result<Option<Named>, Error> {
        if let Some(bans) = self.ban_lists.at_hand(jail, &self.daemon).await? {
            return Ok(Some(listed_named(&bans, names)?));
        }
        // In any other form it may stand for another entry.
        let Some(addresses) = names.iter().map(|name| address(name)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        match self.daemon.banned(jail, &addresses).await {
            Ok(answers) => {
                let mut found = Named::default();
                for (address, is_banned) in addresses.into_iter().zip(answers) {
                    let list = if is_banned { &mut found.entries } else { &mut found.not_found };
                    list.push(Banned::Target(address.into()));
                }
                found.bans = found.entries.len();
                Ok(Some(found))
            }
            // It is too old to tell, or what it tells is no number: the list says it as well.
            Err(fail2ban::Error::Refused { .. } | fail2ban::Error::Unreadable(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
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
        by: &str,
    ) -> Result<Unbanned, Error> {
        let names = [name.to_owned()];
        let (mut attempts, mut failed) = (Vec::new(), Vec::new());
        if let Some(jail) = jail {
            attempts.push((jail.clone(), self.attempt_unban(jail, &names, by).await?));
        } else {
            for jail in self.jails_that_may_hold(name).await? {
                let attempt = self.attempt_unban(&jail, &names, by).await;
                attempts.extend(unless_failed(&jail, attempt, &mut failed)?.map(|done| (jail, done)));
            }
            // Those in jails that do not run as well.
            let _alone = self.timed.alone.lock().await;
            let mut ended = self.end_timed_bans(None, &named(&names)).await?;
            ended.retain(|ban| failed.iter().all(|(jail, _)| *jail != ban.jail));
            self.record_ended(&ended, by).await;
        }
        let (done, still_held) = self.settle_attempts(name, by, attempts, &mut failed).await?;
        let mut unbanned = Unbanned {
            lifted: Vec::new(),
            still_banned: Vec::new(),
            failures: Vec::new(),
            still_held,
            failed,
        };
        for (jail, Lifted { entries, still_banned, failures }) in done {
            unbanned.lifted.extend(entries.into_iter().map(|banned| (jail.clone(), banned)));
            if !still_banned.is_empty() {
                unbanned.still_banned.push((jail.clone(), still_banned));
            }
            if !failures.is_empty() {
                unbanned.failures.push((jail, failures));
            }
        }
        if jail.is_none() && !unbanned.lifted.is_empty() {
            let jails = unbanned.lifted.iter().map(|(jail, _)| jail.clone()).collect();
            self.events.publish(Event::UnbannedEverywhere { name: name.to_owned(), jails }).await;
        }
        Ok(unbanned)
    }

    /// Tries again what is in doubt and still listed. Returns what was done in each jail, and who holds `name`
    /// after it.
    async fn settle_attempts(
        &self,
        name: &str,
        by: &str,
        attempts: Vec<(JailName, Attempt)>,
        failed: &mut Vec<(JailName, Unread)>,
    ) -> Result<(Vec<(JailName, Lifted)>, Held), Error> {
        let held = self.holders(name).await?;
        let (mut done, mut is_settled) = (Vec::new(), true);
        for (jail, Attempt { lifted, mut in_doubt }) in attempts {
            let is_listed = |entry: &Banned| {
                held.holders.iter().any(|held| held.jail == jail && held.ban.banned == *entry)
            };
            in_doubt.retain(is_listed);
            let again = if in_doubt.is_empty() {
                None
            } else {
                is_settled = false;
                unless_failed(&jail, self.unban_by_other_names(&jail, &in_doubt, by).await, failed)?
            };
            done.push((jail, lifted.followed_by(again.unwrap_or_default())));
        }
        Ok((done, if is_settled { held } else { self.holders(name).await? }))
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

/// Unwraps the result of an unban in `jail`; `None` where it failed, which is added to `failed`,
/// and in a jail that has ended.
fn unless_failed<T>(
    jail: &JailName,
    done: Result<T, Error>,
    failed: &mut Vec<(JailName, Unread)>,
) -> Result<Option<T>, Error> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Error::Daemon(error)) if is_unknown_jail(&error, jail) => Ok(None),
        Err(Error::Daemon(error)) if !error.is_of_the_connection() => {
            tracing::warn!(%error, %jail, "an unban over all jails failed in one");
            failed.push((jail.clone(), error.into()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What `names` say, in the normal form where it is an address or a network.
fn named(names: &[String]) -> Vec<Banned> {
    let banned = |name: &String| name.parse().map_or_else(|_| Banned::from_daemon(name), Banned::Target);
    names.iter().map(banned).collect()
}

/// The address that `name` is, where it is written as fail2ban writes it.
fn address(name: &str) -> Option<IpAddr> {
    match Banned::from_daemon(name) {
        Banned::Target(Target::Address(address)) => Some(address),
        Banned::Target(Target::Network(_)) | Banned::Text(_) => None,
    }
}

/// Finds the entries that `names` stand for in a list, each entry once.
fn listed_named(bans: &JailBans, names: &[String]) -> Result<Named, Error> {
    let mut found = Named::default();
    for name in names {
        for entry in entries(bans, name)? {
            if !found.entries.contains(&entry) {
                found.bans += bans.list.table.count_of(&entry);
                found.entries.push(entry);
            }
        }
    }
    Ok(found)
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
