//! Which jails there are, and their figures.

use std::sync::Arc;

use crate::domain::jail::{JailName, JailSummaries, JailSummary};
use crate::domain::jail_detail::JailDetail;
use crate::fail2ban;

use super::{Error, Freshness, Gap, JailBans, JailService, is_unknown_jail};

impl JailService {
    /// fail2ban's version: the cheapest sign that it answers.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn version(&self, freshness: Freshness) -> Result<String, fail2ban::Error> {
        self.recent.version.get(&(), freshness, self.daemon.version()).await
    }

    /// The daemon's process id, where the system tells it.
    ///
    /// # Errors
    /// When the daemon cannot be reached.
    pub async fn process_id(&self) -> Result<Option<i32>, Error> {
        Ok(self.daemon.process_id().await?)
    }

    /// Every jail that runs, by name.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn jails(&self, freshness: Freshness) -> Result<Arc<JailSummaries>, Error> {
        let ask = async { Ok(Arc::new(self.daemon.summaries().await?)) };
        Ok(self.recent.summaries.get(&(), freshness, ask).await?)
    }

    /// Whether `jail` runs.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn require_jail(&self, jail: &JailName) -> Result<(), Error> {
        self.daemon.status(jail).await?;
        Ok(())
    }

    /// One jail with its bans, or why those cannot be read. Its figures and bans are of that freshness; its
    /// settings, which few change and seldom, may be some seconds old.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn jail(
        &self,
        jail: &JailName,
        freshness: Freshness,
    ) -> Result<(JailSummary, Result<JailBans, Gap>), Error> {
        let bans = match Box::pin(self.ban_lists.of(jail, &self.daemon, freshness)).await {
            Ok(bans) => Ok(bans),
            Err(error) if error.is_of_the_connection() || is_unknown_jail(&error, jail) => {
                return Err(error.into());
            }
            Err(error) => Err(Gap::of_list(jail, &error)),
        };
        let of_this_turn = Freshness::of_this_turn();
        let summary =
            self.recent.summary.get(jail, of_this_turn, Box::pin(self.daemon.summary(jail))).await?;
        let status = bans.as_ref().map_or_else(|_| summary.status.clone(), |bans| Ok((*bans.status).clone()));
        Ok((JailSummary { status, ..summary }, bans))
    }

    /// Every setting of one jail, as it was some seconds ago at most.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn detail(&self, jail: &JailName) -> Result<Arc<JailDetail>, Error> {
        let ask = Box::pin(async { Ok(Arc::from(self.daemon.detail(jail).await?)) });
        Ok(self.recent.detail.get(jail, Freshness::of_this_turn(), ask).await?)
    }
}
