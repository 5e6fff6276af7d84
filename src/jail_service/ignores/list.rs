//! Ignore lists: see, add, remove, keep.

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::Date;

use crate::domain::address::Target;
use crate::domain::ignore::{IgnoreEntry, KeptEntry, Listed, NotInForce, NotInForceCause, Note};
use crate::domain::jail::{JailName, Reading};
use crate::events::{Event, IgnoreChange};
use crate::fail2ban;
use crate::fail2ban::protocol::reading::reading;
use crate::jail_service::error::Error;
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;
use crate::storage::kept_ignores;

use super::rows::{IgnoreRow, rows};

/// Time limit for looking up a host name.
const LOOK_UP: Duration = Duration::from_secs(2);

/// The ignore list of a jail: the addresses that it never bans.
#[derive(Debug)]
pub(crate) struct IgnoreList {
    /// Its entries; those that are kept and could not be put back come first.
    pub rows: Vec<IgnoreRow>,
    /// True if the machine's own addresses are ignored as well.
    pub(crate) ignores_self: Reading<bool>,
    /// Kept entries that fail2ban did not take.
    pub(crate) not_in_force: Option<NotInForce>,
    /// Reason why nothing could be put back, where that is so.
    pub(crate) problem: Option<Error>,
}

/// Details of how an entry is to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeepRequest {
    pub note: Note,
    /// The last day; `None` for no end.
    pub until: Option<Date>,
}

/// Result of an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// True if it was not on the list before.
    pub(crate) newly: bool,
    /// True if the jail still bans it, or something inside it: ignoring lifts no ban.
    pub(crate) still_banned: bool,
}

/// Result of a removal, real or predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unignored {
    /// True if it was on the list.
    pub(crate) was_listed: bool,
    /// True if it was kept.
    pub(crate) was_kept: bool,
}

impl JailService {
    /// The ignore list of `jail`. Kept entries that fail2ban has forgotten are put back first.
    pub(crate) async fn ignore_list(&self, jail: &JailName) -> Result<IgnoreList, Error> {
        let now = MaxAge::now();
        let mut listed =
            self.recent.ignore_list.get(jail, now, Box::pin(self.daemon.ignore_list(jail))).await?;
        let mut kept = self.kept_in(jail).await?;
        let (mut not_in_force, mut problem) = (None, None);
        if kept.needs_care(&listed) {
            match self.care_for(jail).await {
                Ok(after) => (listed, not_in_force) = (after.listed, after.not_in_force),
                Err(error) => problem = Some(error),
            }
            kept = self.kept_in(jail).await?;
        }
        let ignores_self =
            self.recent.ignores_self.get(jail, now, Box::pin(self.daemon.ignores_self(jail))).await;
        Ok(IgnoreList {
            rows: rows(listed, &kept),
            ignores_self: reading(ignores_self),
            not_in_force,
            problem,
        })
    }

    /// The ignore lists of `jails` that run, before a ban in them. One that cannot be read holds up no ban.
    pub(crate) async fn ignored_in(
        &self,
        jails: &[JailName],
    ) -> Result<HashMap<JailName, Reading<Vec<Listed>>>, Error> {
        let running = self.daemon.jail_names().await?;
        let mut lists = HashMap::new();
        for jail in jails.iter().filter(|jail| running.contains(jail)) {
            let list = match self.daemon.ignore_list(jail).await {
                Err(error) if error.is_of_the_connection() => return Err(error.into()),
                list => reading(list),
            };
            lists.insert(jail.clone(), list);
        }
        Ok(lists)
    }

    /// Puts `entry` on the ignore list of `jail`, and keeps it where `keep` says how.
    pub async fn ignore(
        &self,
        jail: &JailName,
        entry: &IgnoreEntry,
        keep: Option<KeepRequest>,
        by: &str,
    ) -> Result<Ignored, Error> {
        let _alone = self.ignoring.lock().await;
        let newly = self.put_on(jail, entry, by).await?;
        if let Some(KeepRequest { note, until }) = keep {
            let kept = KeptEntry { jail: jail.clone(), entry: entry.clone(), note, until, by: by.to_owned() };
            self.storage.call(move |connection| kept_ignores::insert(connection, &kept)).await?;
            self.publish_ignore(jail, IgnoreChange::Kept(entry.clone()), Some(by)).await;
        }
        Ok(Ignored { newly, still_banned: self.still_bans(jail, entry).await })
    }

    /// Puts `entry` on the list. Returns false if it was on it before.
    pub(super) async fn put_on(&self, jail: &JailName, entry: &IgnoreEntry, by: &str) -> Result<bool, Error> {
        let before = self.daemon.ignore_list(jail).await?;
        if before.iter().any(|listed| listed.is(entry)) {
            return Ok(false);
        }
        let Err(error) = self.daemon.ignore(jail, std::slice::from_ref(entry)).await else {
            self.publish_ignore(jail, IgnoreChange::Added(entry.clone()), Some(by)).await;
            return Ok(true);
        };
        match self.refused_entry(&before, &error).await {
            Some(NotInForceCause::BesideFile { version }) => {
                Err(Error::BesideFile { jail: jail.clone(), version })
            }
            Some(NotInForceCause::Refused(_) | NotInForceCause::NotListed) | None => Err(error.into()),
        }
    }

    /// Removes `name`, as the list shows it or in any other form, from the ignore list of `jail`,
    /// and no longer keeps it.
    pub(crate) async fn unignore(&self, jail: &JailName, name: &str, by: &str) -> Result<Unignored, Error> {
        let _alone = self.ignoring.lock().await;
        let was_listed = match find(&self.daemon.ignore_list(jail).await?, name) {
            Some(listed) => self.take_off(jail, &listed).await?,
            None => false,
        };
        if was_listed {
            self.publish_ignore(jail, IgnoreChange::Removed(name.to_owned()), Some(by)).await;
        }
        Ok(Unignored { was_listed, was_kept: self.forget(jail, name).await? })
    }

    /// Stops keeping `name` in `jail`; it stays on the list until fail2ban forgets it. Returns
    /// false if it was not kept.
    pub(crate) async fn unkeep_ignored(&self, jail: &JailName, name: &str, by: &str) -> Result<bool, Error> {
        let _alone = self.ignoring.lock().await;
        let was_kept = self.forget(jail, name).await?;
        if was_kept {
            self.publish_ignore(jail, IgnoreChange::KeptNoMore(name.to_owned()), Some(by)).await;
        }
        Ok(was_kept)
    }

    /// Makes `jail` ignore the machine's own addresses, or not.
    pub(crate) async fn set_ignore_self(&self, jail: &JailName, on: bool, by: &str) -> Result<(), Error> {
        let now = self.daemon.set_ignore_self(jail, on).await?;
        self.publish_ignore(jail, IgnoreChange::SelfSet(now), Some(by)).await;
        Ok(())
    }

    /// Predicts the result of removing `name` from the ignore list of `jail`.
    pub(crate) async fn would_unignore(&self, jail: &JailName, name: &str) -> Result<Unignored, Error> {
        let was_listed = find(&self.daemon.ignore_list(jail).await?, name).is_some();
        let entry: Option<IgnoreEntry> = name.parse().ok();
        let kept = self.kept_in(jail).await?.own;
        Ok(Unignored { was_listed, was_kept: kept.iter().any(|kept| Some(&kept.entry) == entry.as_ref()) })
    }

    /// Returns the targets that the entry `name` of an ignore list stands for. Looks up a host
    /// name; where that fails fail2ban does not find it either. Empty for entries that cannot be
    /// judged: a host name that does not resolve now, and entries that nobody could add here
    /// (`file:/etc/list`).
    pub(crate) async fn stands_for(&self, name: &str) -> Vec<Target> {
        match name.parse() {
            Ok(IgnoreEntry::Target(target)) => vec![target],
            Ok(IgnoreEntry::Host(host)) => {
                let found = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((host, 0))).await;
                let mut found: Vec<Target> = match found {
                    Ok(Ok(found)) => found.map(|address| address.ip().into()).collect(),
                    Ok(Err(_)) | Err(_) => Vec::new(),
                };
                found.sort_unstable();
                found.dedup();
                found
            }
            Err(_) => Vec::new(),
        }
    }

    pub(crate) async fn publish_ignore(&self, jail: &JailName, change: IgnoreChange, by: Option<&str>) {
        let (jail, by) = (jail.clone(), by.map(str::to_owned));
        self.events.publish(Event::IgnoreListChanged { jail, change, by }).await;
    }

    /// Removes `listed`. Returns false if somebody else has done so meanwhile.
    pub(crate) async fn take_off(&self, jail: &JailName, listed: &Listed) -> Result<bool, Error> {
        self.recent.may_ignore_everybody.forget();
        for name in [Some(listed.clone()), listed.other_name()].into_iter().flatten() {
            match self.daemon.unignore(jail, &name).await {
                Ok(_) => return Ok(true),
                Err(fail2ban::Error::Refused { class, message }) => {
                    tracing::debug!(%jail, entry = %name, class, message, "an ignore entry was not removed");
                }
                Err(error) => return Err(error.into()),
            }
        }
        if self.daemon.ignore_list(jail).await?.contains(listed) {
            return Err(Error::StillIgnored { jail: jail.clone(), entry: listed.to_string() });
        }
        Ok(false)
    }

    async fn forget(&self, jail: &JailName, name: &str) -> Result<bool, Error> {
        let Ok(entry) = name.parse::<IgnoreEntry>() else { return Ok(false) };
        self.not_taken.forget(jail);
        let jail = jail.clone();
        Ok(self.storage.call(move |connection| kept_ignores::remove(connection, &jail, &entry)).await?)
    }

    /// Returns true if `jail` still bans `entry`, or something inside it. False where the bans
    /// cannot be read: the entry is on the list all the same.
    pub(super) async fn still_bans(&self, jail: &JailName, entry: &IgnoreEntry) -> bool {
        let IgnoreEntry::Target(target) = entry else { return false };
        let concerned = |held: &crate::domain::address::Target| held.covers(target) || target.covers(held);
        match self.list_now(jail).await {
            Ok(bans) => bans.list.table.bans().iter().any(|ban| ban.banned.target().is_some_and(concerned)),
            Err(error) => {
                tracing::warn!(%jail, %error, "the bans of an ignored address could not be read");
                false
            }
        }
    }
}

/// The entry that reads `name`, or else means the same.
fn find(list: &[Listed], name: &str) -> Option<Listed> {
    let entry: Option<IgnoreEntry> = name.parse().ok();
    let same = |listed: &&Listed| entry.as_ref().is_some_and(|entry| listed.is(entry));
    let found = list.iter().find(|listed| listed.to_string() == name).or_else(|| list.iter().find(same));
    found.cloned()
}
