//! Bans with an end of their own: made by hand, and ended by an unban.

use jiff::Timestamp;

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::jail::{JailName, Length, Reading};
use crate::domain::timed_ban::{BanTerm, TimedBan};
use crate::fail2ban::protocol::reading::reading;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;
use crate::storage::{StorageError, timed_bans};

impl JailService {
    /// Bans `targets` in `jail` for the `term`. Counts those that were not banned there before.
    pub(crate) async fn ban_for(
        &self,
        jail: &JailName,
        targets: &[Target],
        term: &BanTerm,
        by: &str,
    ) -> Result<BanChange, Error> {
        let _alone = self.timed.alone.lock().await;
        let change = self.ban(jail, targets).await?;
        let since = Timestamp::now();
        let ban = |target: &Target| TimedBan {
            jail: jail.clone(),
            target: *target,
            term: term.clone(),
            since,
            by: by.to_owned(),
            seen: None,
        };
        let bans: Vec<TimedBan> = targets.iter().map(ban).collect();
        self.storage
            .call(move |connection| {
                let writing = connection.transaction()?;
                bans.iter().try_for_each(|ban| timed_bans::insert(&writing, ban))?;
                writing.commit()
            })
            .await?;
        self.timed.wanted.notify_one();
        Ok(change)
    }

    /// How long `jail` bans by itself.
    pub(crate) async fn ban_time(&self, jail: &JailName) -> Reading<Length> {
        let summary = self.daemon.summary(jail).await;
        reading(summary).and_then(|summary| summary.times.ban_time)
    }

    /// Every ban with an end of its own, by jail.
    pub(crate) async fn timed_bans(&self) -> Result<Vec<TimedBan>, Error> {
        Ok(self.storage.call(|connection| timed_bans::all(connection)).await?)
    }

    /// Those of `jail`.
    pub(crate) async fn timed_bans_in(&self, jail: &JailName) -> Result<Vec<TimedBan>, Error> {
        let jail = jail.clone();
        Ok(self.storage.call(move |connection| timed_bans::of_jail(connection, &jail)).await?)
    }

    /// Ends the timed ban of `target` in `jail` without an unban, which is for a jail that does not run. Returns false
    /// if there was none.
    pub(crate) async fn forget_timed_ban(&self, jail: &JailName, target: Target) -> Result<bool, Error> {
        let _alone = self.timed.alone.lock().await;
        let jail = jail.clone();
        Ok(self.storage.call(move |connection| timed_bans::remove(connection, &jail, &target)).await?)
    }

    /// Ends the timed bans of `entries` in `jail`, or in every jail, and of what is inside those networks: somebody lifts
    /// them. That it cannot be written is an error: they would be made again.
    pub(in crate::jail_service) async fn end_timed_bans(
        &self,
        jail: Option<&JailName>,
        entries: &[Banned],
    ) -> Result<(), Error> {
        let targets: Vec<Target> = entries.iter().filter_map(Banned::target).copied().collect();
        let jail = jail.cloned();
        self.storage
            .call(move |connection| {
                let mut bans = timed_bans::all(connection)?;
                bans.retain(|ban| jail.as_ref().is_none_or(|jail| ban.jail == *jail));
                bans.retain(|ban| targets.iter().any(|lifted| lifted.covers(&ban.target)));
                bans.iter()
                    .try_for_each(|ban| timed_bans::remove(connection, &ban.jail, &ban.target).map(drop))
            })
            .await
            .map_err(Error::from)
    }

    /// Ends all timed bans in jails that are not in `failed`.
    pub(in crate::jail_service) async fn end_all_timed_bans(
        &self,
        failed: &[JailName],
    ) -> Result<(), StorageError> {
        let _alone = self.timed.alone.lock().await;
        let failed = failed.to_vec();
        let ended = self.storage.call(move |connection| {
            let bans = timed_bans::all(connection)?;
            let mut ended = bans.iter().filter(|ban| !failed.contains(&ban.jail));
            ended.try_for_each(|ban| timed_bans::remove(connection, &ban.jail, &ban.target).map(drop))
        });
        ended.await.inspect_err(
            |error| tracing::error!(%error, "bans with an end of their own go on after an unban of all"),
        )
    }
}
