//! The list of jails, and their figures.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::filter_trial::{FilterQuestion, FilterTrial, Untried};
use crate::domain::jail::{JailName, JailSummaries, JailSummary};
use crate::domain::jail_detail::{ActionName, JailDetail, RawAction};
use crate::fail2ban;

use super::all_bans::Gap;
use super::ban_lists::list::JailBans;
use super::error::{Error, is_unknown_jail};
use super::recent::MaxAge;
use super::service::JailService;

impl JailService {
    /// fail2ban's version: the cheapest sign that it answers.
    pub async fn version(&self, freshness: MaxAge) -> Result<String, fail2ban::Error> {
        self.recent.version.get(&(), freshness, self.daemon.version()).await
    }

    /// Returns the daemon's process id, where the system knows it.
    pub(crate) async fn process_id(&self) -> Result<Option<i32>, Error> {
        Ok(self.daemon.process_id().await?)
    }

    /// Every jail that runs, by name.
    pub async fn jails(&self, freshness: MaxAge) -> Result<Arc<JailSummaries>, Error> {
        let ask = async { Ok(Arc::new(self.daemon.summaries().await?)) };
        Ok(self.recent.summaries.get(&(), freshness, ask).await?)
    }

    /// The time of the last ban of each jail, as fail2ban's database had it some seconds ago at most.
    pub(crate) async fn last_bans(&self) -> Result<Arc<HashMap<JailName, Timestamp>>, fail2ban::Error> {
        let ask = async { Ok(Arc::new(self.daemon.last_bans().await?.into_iter().collect())) };
        self.recent.last_bans.get(&(), MaxAge::poll(), Box::pin(ask)).await
    }

    /// The names of the jails that run, as they were some seconds ago at most.
    pub(crate) async fn running_jails(&self) -> Result<Vec<JailName>, Error> {
        let running = self.recent.jail_list.get(&(), MaxAge::poll(), self.daemon.jail_list()).await?;
        Ok(running.names)
    }

    /// Fails where `jail` does not run, without a question about it: fail2ban logs one about a jail that it
    /// does not run as an error (`fail2ban/server/transmitter.py`, `proceed`).
    pub(crate) async fn require_jail(&self, jail: &JailName, freshness: MaxAge) -> Result<(), Error> {
        let running = self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await?;
        if running.names.contains(jail) {
            Ok(())
        } else {
            Err(fail2ban::Error::UnknownJail(jail.to_string()).into())
        }
    }

    /// One jail with its bans, or why those cannot be read. Its figures and bans are of that freshness; its
    /// settings, which few change and seldom, may be some seconds old.
    pub async fn jail(
        &self,
        jail: &JailName,
        freshness: MaxAge,
    ) -> Result<(JailSummary, Result<JailBans, Gap>), Error> {
        self.require_jail(jail, freshness).await?;
        let bans = match Box::pin(self.ban_lists.list_of(jail, &self.daemon, freshness.to_show())).await {
            Ok(bans) => Ok(bans),
            Err(error) if error.is_of_the_connection() || is_unknown_jail(&error, jail) => {
                return Err(error.into());
            }
            Err(error) => Err(Gap::of_list(jail, &error)),
        };
        let of_this_turn = MaxAge::poll();
        let summary =
            self.recent.summary.get(jail, of_this_turn, Box::pin(self.daemon.summary(jail))).await?;
        let status = bans.as_ref().map_or_else(|_| summary.status.clone(), |bans| Ok((*bans.status).clone()));
        Ok((JailSummary { status, ..summary }, bans))
    }

    /// Every setting of one jail with secrets masked, as it was some seconds ago at most.
    pub(crate) async fn detail(&self, jail: &JailName) -> Result<Arc<JailDetail>, Error> {
        let ask = Box::pin(async { Ok(Arc::from(self.daemon.detail(jail).await?)) });
        Ok(self.recent.detail.get(jail, MaxAge::poll(), ask).await?)
    }

    /// Has the filter of `jail` read lines, which changes nothing. The reason where it cannot.
    pub(crate) async fn try_filter(
        &self,
        jail: &JailName,
        freshness: MaxAge,
        trial: &FilterQuestion,
    ) -> Result<Result<FilterTrial, Untried>, Error> {
        self.require_jail(jail, freshness).await?;
        Ok(self.daemon.try_filter(jail, trial).await?)
    }

    /// Reads one action of `jail` with its secrets; `None` where the jail has no such action. It is
    /// not cached.
    pub(crate) async fn reveal_action(
        &self,
        jail: &JailName,
        action: &ActionName,
    ) -> Result<Option<RawAction>, Error> {
        Ok(self.daemon.reveal_action(jail, action).await?)
    }
}
