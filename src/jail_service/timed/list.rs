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
    /// Bans `targets` in `jail` for the `term`. Counts those that were not banned there before, and returns the bans with
    /// an end of their own that this takes the place of.
    pub(crate) async fn ban_for(
        &self,
        jail: &JailName,
        targets: &[Target],
        term: &BanTerm,
        by: &str,
    ) -> Result<(BanChange, Vec<TimedBan>), Error> {
        let _alone = self.timed.alone.lock().await;
        let mut replaced = self.timed_bans_in(jail).await?;
        replaced.retain(|ban| targets.contains(&ban.target));
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
        self.timed.forget(jail, targets);
        self.timed.wanted.notify_one();
        self.history.look_soon();
        Ok((change, replaced))
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
    pub(crate) async fn forget_timed_ban(
        &self,
        jail: &JailName,
        target: Target,
        by: &str,
    ) -> Result<bool, Error> {
        let _alone = self.timed.alone.lock().await;
        let own = jail.clone();
        let remove = move |connection: &mut _| timed_bans::remove(connection, &own, &target);
        let is_removed = self.storage.call(remove).await?;
        if is_removed {
            self.history.lifted(jail, &[Banned::Target(target)], Some(by)).await;
        }
        Ok(is_removed)
    }

    /// Records that timed bans were ended by the account `by`, which no unban records: their jails do not hold them.
    pub(in crate::jail_service) async fn record_ended(&self, ended: &[TimedBan], by: &str) {
        for ban in ended {
            self.history.lifted(&ban.jail, &[Banned::Target(ban.target)], Some(by)).await;
        }
    }

    /// Ends the timed bans of `entries` in `jail`, or in every jail, and of what is inside those networks: somebody lifts
    /// them. Returns them. That it cannot be written is an error: they would be made again.
    pub(in crate::jail_service) async fn end_timed_bans(
        &self,
        jail: Option<&JailName>,
        entries: &[Banned],
    ) -> Result<Vec<TimedBan>, Error> {
        let targets: Vec<Target> = entries.iter().filter_map(Banned::target).copied().collect();
        let jail = jail.cloned();
        self.storage
            .call(move |connection| {
                let mut bans = timed_bans::all(connection)?;
                bans.retain(|ban| jail.as_ref().is_none_or(|jail| ban.jail == *jail));
                bans.retain(|ban| targets.iter().any(|lifted| lifted.covers(&ban.target)));
                bans.iter()
                    .try_for_each(|ban| timed_bans::remove(connection, &ban.jail, &ban.target).map(drop))?;
                Ok(bans)
            })
            .await
            .map_err(Error::from)
    }

    /// Ends all timed bans in jails that are not in `failed`, for the account `by`.
    pub(in crate::jail_service) async fn end_all_timed_bans(
        &self,
        failed: &[JailName],
        by: &str,
    ) -> Result<(), StorageError> {
        let _alone = self.timed.alone.lock().await;
        let failed = failed.to_vec();
        let end = self.storage.call(move |connection| {
            let mut bans = timed_bans::all(connection)?;
            bans.retain(|ban| !failed.contains(&ban.jail));
            bans.iter()
                .try_for_each(|ban| timed_bans::remove(connection, &ban.jail, &ban.target).map(drop))?;
            Ok(bans)
        });
        let ended = end.await.inspect_err(
            |error| tracing::error!(%error, "bans with an end of their own go on after an unban of all"),
        )?;
        self.record_ended(&ended, by).await;
        Ok(())
    }
}
