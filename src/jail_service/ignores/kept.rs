//! Kept ignore entries: put back when fail2ban has forgotten them, removed when they end.
//!
//! fail2ban keeps entries that are added at run time in memory only, so a reload or restart,
//! whoever causes it, loses them. Nothing reports that it happened, but a kept entry that is
//! missing shows it.

use jiff::Zoned;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::domain::ignore::{EverywhereEntry, IgnoreEntry, KeptEntry, Listed, NotInForce, NotInForceCause};
use crate::domain::jail::JailName;
use crate::domain::reload::KeptIgnores;
use crate::events::IgnoreChange;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;
use crate::storage::{ignored_everywhere, kept_ignores};

/// The ignore list of a jail once its kept entries were cared for.
pub(crate) struct Cared {
    pub(crate) listed: Vec<Listed>,
    /// Kept entries that fail2ban did not take.
    pub(crate) not_in_force: Option<NotInForce>,
}

/// The entries that are kept: in single jails, and in all of them.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) own: Vec<KeptEntry>,
    pub(crate) everywhere: Vec<EverywhereEntry>,
}

impl Kept {
    /// Those of `jail`.
    pub(crate) fn of(&self, jail: &JailName) -> Self {
        let own = self.own.iter().filter(|kept| kept.jail == *jail).cloned().collect();
        Self { own, everywhere: self.everywhere.clone() }
    }

    /// Returns true if there is an entry to keep.
    fn is_any(&self) -> bool {
        let today = today();
        !self.own.is_empty() || self.everywhere.iter().any(|kept| kept.holds(today))
    }

    /// That of `listed` in every jail, as long as it holds.
    pub(crate) fn everywhere(&self, listed: &Listed) -> Option<&EverywhereEntry> {
        let today = today();
        self.everywhere.iter().find(|kept| kept.holds(today) && listed.is(&kept.entry))
    }

    /// Returns true if an entry is missing from the list of their jail, or has ended.
    pub(crate) fn needs_care(&self, listed: &[Listed]) -> bool {
        let today = today();
        self.own.iter().any(|kept| kept.has_ended(today)) || !self.missing(listed).is_empty()
    }

    /// The entries that are missing from the list of their jail.
    pub(crate) fn missing(&self, listed: &[Listed]) -> Vec<IgnoreEntry> {
        let today = today();
        let own = self.own.iter().filter(|kept| !kept.has_ended(today)).map(|kept| &kept.entry);
        let everywhere = self.everywhere.iter().filter(|kept| kept.holds(today)).map(|kept| &kept.entry);
        let is_missing = |entry: &&IgnoreEntry| !listed.iter().any(|listed| listed.is(entry));
        let mut missing: Vec<IgnoreEntry> = own.chain(everywhere).filter(is_missing).cloned().collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

impl JailService {
    /// The entries that are put back after a reload.
    pub(crate) async fn kept_ignores(&self) -> Result<KeptIgnores, Error> {
        let Kept { own, everywhere } = self.kept().await?;
        let today = today();
        let own = own.into_iter().filter(|kept| !kept.has_ended(today));
        let everywhere = everywhere.into_iter().filter(|kept| kept.holds(today)).map(|kept| kept.entry);
        let by_jail: KeptIgnores = own.map(|kept| (kept.jail, kept.entry)).collect();
        Ok(by_jail.and_everywhere(everywhere.collect()))
    }

    /// Puts back what is kept and missing, and takes away what has ended, in every jail. What fails is
    /// logged, and done the next time.
    pub(crate) async fn care_for_kept_ignores(&self) {
        match self.care_for_all().await {
            Ok(()) => {}
            // While fail2ban is away this is asked every few seconds.
            Err(Error::Daemon(error)) if error.is_of_the_connection() => {
                tracing::debug!(%error, "kept ignore entries wait for fail2ban");
            }
            Err(error) => tracing::warn!(%error, "kept ignore entries could not be compared"),
        }
    }

    async fn care_for_all(&self) -> Result<(), Error> {
        let kept = self.kept().await?;
        if kept.own.is_empty() && kept.everywhere.is_empty() {
            return Ok(());
        }
        let lists = self.daemon.ignore_lists().await?;
        let running: Vec<JailName> = lists.iter().map(|(jail, _)| jail.clone()).collect();
        self.end_everywhere(&kept.everywhere, &running).await?;
        for (jail, list) in &lists {
            let kept = kept.of(jail);
            if list.as_ref().is_ok_and(|list| !kept.needs_care(list)) {
                self.not_taken.forget(jail);
            } else if kept.is_any()
                && let Err(error) = self.care_for(jail).await
            {
                tracing::warn!(%jail, %error, "kept ignore entries could not be put back");
            }
        }
        Ok(())
    }

    /// The same in one jail.
    pub(crate) async fn care_for(&self, jail: &JailName) -> Result<Cared, Error> {
        let _alone = self.ignoring.lock().await;
        let kept = self.kept_in(jail).await?;
        let mut listed = self.daemon.ignore_list(jail).await?;
        let today = today();
        for ended in kept.own.iter().filter(|own| own.has_ended(today)) {
            let is_in_all = |listed: &&Listed| kept.everywhere(listed).is_some();
            let on_list = listed.iter().find(|listed| listed.is(&ended.entry)).filter(|it| !is_in_all(it));
            self.end(jail, &ended.entry, on_list).await?;
            listed.retain(|listed| !listed.is(&ended.entry) || is_in_all(&listed));
        }
        let missing = kept.missing(&listed);
        if missing.is_empty() {
            self.not_taken.forget(jail);
            return Ok(Cared { listed, not_in_force: None });
        }
        if let Some(found) = self.was_not_taken(jail, &listed, &missing) {
            return Ok(Cared { listed, not_in_force: Some(found) });
        }
        self.put_back(jail, listed, missing).await
    }

    async fn put_back(
        &self,
        jail: &JailName,
        listed: Vec<Listed>,
        missing: Vec<IgnoreEntry>,
    ) -> Result<Cared, Error> {
        let after = match self.daemon.ignore(jail, &missing).await {
            Ok(after) => after,
            Err(error) => match self.refused_entry(&listed, &error).await {
                Some(cause) => {
                    let found = NotInForce { entries: missing, cause };
                    let found = self.note_not_taken(jail, &listed, found).await;
                    return Ok(Cared { listed, not_in_force: Some(found) });
                }
                None => return Err(error.into()),
            },
        };
        let (taken, entries): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|entry| after.iter().any(|listed| listed.is(entry)));
        self.publish_put_back(jail, taken).await?;
        if entries.is_empty() {
            self.not_taken.forget(jail);
            return Ok(Cared { listed: after, not_in_force: None });
        }
        let found = NotInForce { entries, cause: NotInForceCause::NotListed };
        let not_in_force = Some(self.note_not_taken(jail, &after, found).await);
        Ok(Cared { listed: after, not_in_force })
    }

    async fn publish_put_back(&self, jail: &JailName, entries: Vec<IgnoreEntry>) -> Result<(), Error> {
        let own = self.kept_in(jail).await?.own;
        let (own, of_all): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| own.iter().any(|kept| kept.entry == *entry));
        for entry in own {
            self.publish_ignore(jail, IgnoreChange::PutBack(entry), None).await;
        }
        if !of_all.is_empty() {
            self.publish_ignore(jail, IgnoreChange::PutInAll(of_all), None).await;
        }
        Ok(())
    }

    async fn end(&self, jail: &JailName, entry: &IgnoreEntry, listed: Option<&Listed>) -> Result<(), Error> {
        if let Some(listed) = listed {
            self.take_off(jail, listed).await?;
            self.publish_ignore(jail, IgnoreChange::Expired(entry.clone()), None).await;
        }
        let (jail, entry) = (jail.clone(), entry.clone());
        self.storage.call(move |connection| kept_ignores::remove(connection, &jail, &entry)).await?;
        Ok(())
    }

    /// All kept entries.
    pub(crate) async fn kept(&self) -> Result<Kept, Error> {
        let read = |connection: &mut Connection| {
            let (own, everywhere) = (kept_ignores::all(connection)?, ignored_everywhere::all(connection)?);
            Ok(Kept { own, everywhere })
        };
        Ok(self.storage.call(read).await?)
    }

    /// Those that are kept in `jail`.
    pub(crate) async fn kept_in(&self, jail: &JailName) -> Result<Kept, Error> {
        let jail = jail.clone();
        let read = move |connection: &mut Connection| {
            let own = kept_ignores::of_jail(connection, &jail)?;
            Ok(Kept { own, everywhere: ignored_everywhere::all(connection)? })
        };
        Ok(self.storage.call(read).await?)
    }
}

/// The day in the server's time zone.
pub(crate) fn today() -> Date {
    Zoned::now().date()
}
