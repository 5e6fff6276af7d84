//! Kept ignore entries: put back when fail2ban has forgotten them, removed when they end.
//!
//! fail2ban keeps entries that are added at run time in memory only, so a reload or restart,
//! whoever causes it, loses them. Nothing reports that it happened, but a kept entry that is
//! missing shows it.

use jiff::Zoned;
use jiff::civil::Date;

use crate::domain::ignore::{IgnoreEntry, KeptEntry, Listed, NotInForce, NotInForceCause};
use crate::domain::jail::JailName;
use crate::domain::reload::KeptIgnores;
use crate::events::IgnoreChange;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;
use crate::storage::kept_ignores;

/// The ignore list of a jail once its kept entries were cared for.
pub(crate) struct Cared {
    pub(crate) listed: Vec<Listed>,
    /// Kept entries that fail2ban did not take.
    pub(crate) not_in_force: Option<NotInForce>,
}

impl JailService {
    /// The entries that are put back after a reload.
    pub(crate) async fn kept_ignores(&self) -> Result<KeptIgnores, Error> {
        let kept = self.storage.call(|connection| kept_ignores::all(connection)).await?;
        let today = today();
        let kept = kept.into_iter().filter(|kept| !kept.has_ended(today));
        Ok(kept.map(|kept| (kept.jail, kept.entry)).collect())
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
        let kept = self.storage.call(|connection| kept_ignores::all(connection)).await?;
        let mut jails: Vec<JailName> = kept.into_iter().map(|kept| kept.jail).collect();
        jails.dedup();
        if jails.is_empty() {
            return Ok(());
        }
        // fail2ban logs a question about a jail that does not run as an error.
        let running = self.daemon.jail_names().await?;
        for jail in jails.iter().filter(|jail| running.contains(jail)) {
            if let Err(error) = self.care_for(jail).await {
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
        for ended in kept.iter().filter(|kept| kept.has_ended(today)) {
            self.end(jail, &ended.entry, &listed).await?;
            listed.retain(|listed| !listed.is(&ended.entry));
        }
        let missing: Vec<IgnoreEntry> =
            missing(&listed, &kept, today).map(|kept| kept.entry.clone()).collect();
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
        for entry in taken {
            self.publish_ignore(jail, IgnoreChange::PutBack(entry), None).await;
        }
        if entries.is_empty() {
            self.not_taken.forget(jail);
            return Ok(Cared { listed: after, not_in_force: None });
        }
        let found = NotInForce { entries, cause: NotInForceCause::NotListed };
        let not_in_force = Some(self.note_not_taken(jail, &after, found).await);
        Ok(Cared { listed: after, not_in_force })
    }

    async fn end(&self, jail: &JailName, entry: &IgnoreEntry, listed: &[Listed]) -> Result<(), Error> {
        if let Some(listed) = listed.iter().find(|listed| listed.is(entry)) {
            self.take_off(jail, listed).await?;
            self.publish_ignore(jail, IgnoreChange::Expired(entry.clone()), None).await;
        }
        let (jail, entry) = (jail.clone(), entry.clone());
        self.storage.call(move |connection| kept_ignores::remove(connection, &jail, &entry)).await?;
        Ok(())
    }

    pub(crate) async fn kept_in(&self, jail: &JailName) -> Result<Vec<KeptEntry>, Error> {
        let jail = jail.clone();
        Ok(self.storage.call(move |connection| kept_ignores::of_jail(connection, &jail)).await?)
    }
}

/// Returns true if a kept entry is missing from the list, or has ended.
pub(crate) fn needs_care(listed: &[Listed], kept: &[KeptEntry]) -> bool {
    let today = today();
    kept.iter().any(|kept| kept.has_ended(today)) || missing(listed, kept, today).next().is_some()
}

fn missing<'a>(listed: &[Listed], kept: &'a [KeptEntry], today: Date) -> impl Iterator<Item = &'a KeptEntry> {
    let is_missing = move |kept: &&KeptEntry| {
        !kept.has_ended(today) && !listed.iter().any(|listed| listed.is(&kept.entry))
    };
    kept.iter().filter(is_missing)
}

/// The day in the server's time zone.
fn today() -> Date {
    Zoned::now().date()
}
