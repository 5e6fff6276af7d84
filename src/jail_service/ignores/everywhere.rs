//! Entries that every jail ignores: added, removed, ended.

use crate::domain::coverage::{self, Width, width};
use crate::domain::ignore::{EverywhereEntry, IgnoreEntry, KeptEntry, Listed};
use crate::domain::jail::JailName;
use crate::events::{Event, IgnoreChange};
use crate::fail2ban;
use crate::jail_service::error::Error;
use crate::jail_service::not_taken::Tried;
use crate::jail_service::service::JailService;
use crate::storage::ignored_everywhere;

use super::kept::today;
use super::list::{Ignored, KeepRequest};

/// What became of an entry in each jail that runs.
#[derive(Debug)]
pub(crate) struct InJails<T> {
    pub(crate) done: Vec<(JailName, T)>,
    pub(crate) failed: Vec<(JailName, Error)>,
    /// Error with which fail2ban stopped answering, so that the other jails were not asked.
    pub(crate) unanswered: Option<fail2ban::Error>,
}

impl<T> Default for InJails<T> {
    fn default() -> Self {
        Self { done: Vec::new(), failed: Vec::new(), unanswered: None }
    }
}

impl<T> InJails<T> {
    /// Notes a result, of which there may be nothing to tell. Returns false if fail2ban no longer answers.
    fn note(&mut self, jail: &JailName, result: Result<Option<T>, Error>) -> bool {
        match result {
            Ok(done) => self.done.extend(done.map(|done| (jail.clone(), done))),
            Err(Error::Daemon(error)) if error.is_of_the_connection() => self.unanswered = Some(error),
            Err(error) => self.failed.push((jail.clone(), error)),
        }
        self.unanswered.is_none()
    }

    /// Returns true if every jail was asked, and none refused.
    pub(crate) fn is_whole(&self) -> bool {
        self.failed.is_empty() && self.unanswered.is_none()
    }
}

/// What became of an entry in a jail that no longer has to ignore it.
#[derive(Debug)]
pub(crate) enum Left {
    Removed,
    /// The same, but it is not known whether the jail's own configuration has it.
    RemovedUnseen,
    /// It stays: the jail's own configuration has it.
    Configured,
    /// It stays: it is kept in this jail by itself.
    Kept(KeptEntry),
}

impl JailService {
    /// The entries that every jail ignores now.
    pub(crate) async fn ignored_everywhere(&self) -> Result<Vec<EverywhereEntry>, Error> {
        let all = self.storage.call(|connection| ignored_everywhere::all(connection)).await?;
        let today = today();
        Ok(all.into_iter().filter(|kept| kept.holds(today)).collect())
    }

    /// Returns how much the ignore list that covers most would cover with `entry`.
    /// Not known where fail2ban was just found to be `unavailable`.
    pub(crate) async fn width_everywhere(
        &self,
        entry: &IgnoreEntry,
        unavailable: Option<fail2ban::Error>,
    ) -> Result<Width, Error> {
        let Some(added) = entry.target().filter(|target| coverage::matters(*target)) else {
            return Ok(Width::Usual);
        };
        if let Some(error) = unavailable {
            return Err(error.into());
        }
        let everywhere: Vec<_> =
            self.ignored_everywhere().await?.iter().filter_map(|kept| kept.entry.target()).collect();
        let mut widest = width(&[added], &everywhere);
        for jail in self.daemon.jail_names().await? {
            let list = self.daemon.ignore_list(&jail).await?;
            let present: Vec<_> = list.iter().filter_map(Listed::target).chain(everywhere.clone()).collect();
            widest = match (widest, width(&[added], &present)) {
                (Width::Everybody, _) | (_, Width::Everybody) => Width::Everybody,
                (Width::Large(one), Width::Large(other)) => Width::Large(one.max(other)),
                (Width::Usual, other) | (other, Width::Usual) => other,
            };
        }
        Ok(widest)
    }

    /// Has every jail ignore `entry`, now and whenever one starts; without `keep`, one that is there already keeps its
    /// note and end. Tells of those that run now. Where fail2ban
    /// was just found to be `unavailable` it is not asked.
    pub(crate) async fn ignore_everywhere(
        &self,
        entry: &IgnoreEntry,
        keep: Option<KeepRequest>,
        by: &str,
        unavailable: Option<fail2ban::Error>,
    ) -> Result<InJails<Ignored>, Error> {
        let alone = self.ignoring.lock().await;
        let (own, account) = (entry.clone(), by.to_owned());
        let insert = move |connection: &mut rusqlite::Connection| {
            ignored_everywhere::insert(
                connection,
                &own,
                keep.as_ref().map(|keep| (&keep.note, keep.until)),
                &account,
            )
        };
        self.storage.call(insert).await?;
        self.tried.lock().remove(entry);
        let mut found = InJails::default();
        let running = match self.jails_unless(unavailable).await {
            Ok(running) => running,
            Err(error) => return Ok(InJails { unanswered: Some(error), ..found }),
        };
        for jail in running {
            let newly = self.put_on(&jail, entry, by).await;
            let ignored = newly.map(|newly| Some(Ignored { newly, still_banned: false }));
            if !found.note(&jail, ignored) {
                break;
            }
        }
        drop(alone);
        for (jail, ignored) in &mut found.done {
            ignored.still_banned = self.still_bans(jail, entry).await;
        }
        Ok(found)
    }

    /// No longer has every jail ignore `entry`. Returns `None` if none had to.
    pub(crate) async fn unignore_everywhere(
        &self,
        entry: &IgnoreEntry,
        by: &str,
        unavailable: Option<fail2ban::Error>,
    ) -> Result<Option<InJails<Left>>, Error> {
        let _alone = self.ignoring.lock().await;
        let (own, account) = (entry.clone(), by.to_owned());
        let note = move |connection: &mut rusqlite::Connection| {
            ignored_everywhere::set_removed(connection, &own, &account)
        };
        if !self.storage.call(note).await? {
            return Ok(None);
        }
        let running = match self.jails_unless(unavailable).await {
            Ok(running) => running,
            Err(error) => return Ok(Some(InJails { unanswered: Some(error), ..InJails::default() })),
        };
        self.remove_from_all(entry, &running, Some(by)).await.map(Some)
    }

    async fn jails_unless(
        &self,
        unavailable: Option<fail2ban::Error>,
    ) -> Result<Vec<JailName>, fail2ban::Error> {
        match unavailable {
            Some(error) => Err(error),
            None => self.daemon.jail_names().await,
        }
    }

    /// Takes off the lists of `running` jails what has ended, or was removed and could not be taken off then.
    pub(super) async fn end_everywhere(
        &self,
        everywhere: &[EverywhereEntry],
        running: &[JailName],
    ) -> Result<(), Error> {
        for ended in everywhere.iter().filter(|kept| !kept.holds(today())) {
            let tried = self.tried.lock().get(&ended.entry).copied();
            if tried.is_some_and(|tried| tried.holds(self.daemon.generation())) {
                continue;
            }
            let _alone = self.ignoring.lock().await;
            let own = ended.entry.clone();
            let now = self.storage.call(move |connection| ignored_everywhere::find(connection, &own)).await?;
            let Some(now) = now.filter(|now| !now.holds(today())) else { continue };
            let removed = self.remove_from_all(&now.entry, running, None).await?;
            self.publish_end(now, removed).await;
        }
        Ok(())
    }

    async fn publish_end(&self, ended: EverywhereEntry, removed: InJails<Left>) {
        if let Some(error) = removed.unanswered {
            tracing::debug!(entry = %ended.entry, %error, "an entry that has ended waits for fail2ban");
        }
        for (jail, error) in removed.failed {
            tracing::warn!(%jail, entry = %ended.entry, %error, "an entry that has ended could not be removed");
        }
        if removed.done.is_empty() {
            return;
        }
        let (gone, stays): (Vec<_>, Vec<_>) = removed
            .done
            .into_iter()
            .partition(|(_, left)| matches!(left, Left::Removed | Left::RemovedUnseen));
        let jails = |of: Vec<(JailName, Left)>| of.into_iter().map(|(jail, _)| jail).collect();
        let (gone, stays) = (jails(gone), jails(stays));
        self.events
            .publish(Event::EverywhereEnded { entry: ended.entry, by: ended.removed_by, gone, stays })
            .await;
    }

    /// Takes `entry` off the lists of `running` jails, but not where it stays for another reason. Forgets it once
    /// that is done.
    async fn remove_from_all(
        &self,
        entry: &IgnoreEntry,
        running: &[JailName],
        by: Option<&str>,
    ) -> Result<InJails<Left>, Error> {
        let mut found = InJails::default();
        let listing = self.listing(entry, running, &mut found).await;
        let own = self.kept().await?.own;
        let own = |jail: &JailName| {
            let is =
                |kept: &&KeptEntry| kept.jail == *jail && kept.entry == *entry && !kept.has_ended(today());
            own.iter().find(is).cloned()
        };
        let is_all_own = listing.iter().all(|(jail, _)| own(jail).is_some());
        let configured = if is_all_own { Vec::new() } else { self.configured_ignores().await };
        for (jail, listed) in &listing {
            let of_file = configured.iter().find(|(name, _)| name == *jail);
            let is_configured = of_file.map(|(_, list)| list.iter().any(|listed| listed.is(entry)));
            let left = match (own(jail), is_configured) {
                (Some(kept), _) => Ok(Some(Left::Kept(kept))),
                (None, Some(true)) => Ok(Some(Left::Configured)),
                (None, Some(false)) => self.take_off_now(jail, listed, by, Left::Removed).await,
                (None, None) => self.take_off_now(jail, listed, by, Left::RemovedUnseen).await,
            };
            if found.unanswered.is_some() || !found.note(jail, left) {
                break;
            }
        }
        if found.is_whole() {
            let own = entry.clone();
            self.storage.call(move |connection| ignored_everywhere::delete(connection, &own)).await?;
            self.tried.lock().remove(entry);
        } else {
            self.tried.lock().insert(entry.clone(), Tried::now(self.daemon.generation()));
        }
        Ok(found)
    }

    /// The jails that list `entry`, with their word for it. Those whose list cannot be read have failed.
    async fn listing<'a>(
        &self,
        entry: &IgnoreEntry,
        running: &'a [JailName],
        found: &mut InJails<Left>,
    ) -> Vec<(&'a JailName, Listed)> {
        let mut listing = Vec::new();
        for jail in running {
            match self.daemon.ignore_list(jail).await {
                Ok(list) => {
                    let listed = list.into_iter().find(|listed| listed.is(entry));
                    listing.extend(listed.map(|listed| (jail, listed)));
                }
                Err(error) => {
                    if !found.note(jail, Err(error.into())) {
                        break;
                    }
                }
            }
        }
        listing
    }

    async fn take_off_now(
        &self,
        jail: &JailName,
        listed: &Listed,
        by: Option<&str>,
        left: Left,
    ) -> Result<Option<Left>, Error> {
        if !self.take_off(jail, listed).await? {
            return Ok(None);
        }
        self.publish_ignore(jail, IgnoreChange::Removed(listed.to_string()), by).await;
        Ok(Some(left))
    }

    /// The ignore lists in the files of the jails, as far as they can be read.
    async fn configured_ignores(&self) -> Vec<(JailName, Vec<Listed>)> {
        self.daemon.configured_ignores().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the ignore lists in the configuration cannot be read");
            Vec::new()
        })
    }
}
