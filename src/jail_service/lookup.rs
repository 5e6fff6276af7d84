//! Look-up: everything that is known of one address, network or entry.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::address::{Banned, Target};
use crate::domain::ignore::Listed;
use crate::domain::jail::{JailName, Reading};
use crate::domain::lookup::{History, Ignored, NoHistory, judge};
use crate::domain::traces::LogTraces;
use crate::events::Event;
use crate::fail2ban;

use super::all_bans::Gap;
use super::bans::ban::{ActiveBan, Held};
use super::error::Error;
use super::recent::MaxAge;
use super::service::JailService;

/// Facts about an address, a network or the text of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LookUp {
    /// The address, network or text that was asked for, in its normal form.
    pub asked: Banned,
    /// The bans that hold it now; for a network also those inside it.
    pub holders: Vec<ActiveBan>,
    /// Gaps in the ban lists.
    pub(crate) gaps: Vec<Gap>,
    /// Answer of each jail's ignore list. Empty for a text, which no ignore list can contain.
    pub ignored: Vec<(JailName, Reading<Ignored>)>,
    /// Past bans in fail2ban's database, or why they are not known.
    pub(crate) history: Result<History, NoHistory>,
}

impl JailService {
    /// Looks up `name`: an address, a network, or the text of an entry as fail2ban lists it.
    ///
    /// # Errors
    /// When it is no address and fail2ban knows no such entry, or the daemon does not answer.
    pub(crate) async fn look_up(&self, name: &str) -> Result<LookUp, Error> {
        let asked = match name.parse::<Target>() {
            Ok(target) => Banned::Target(target),
            Err(_) => Banned::Text(name.to_owned()),
        };
        let Held { holders, gaps } = self.holders(name).await?;
        let history = match self.daemon.history(&asked).await {
            Ok(history) => Ok(history),
            Err(fail2ban::Error::Database(why)) => Err(why),
            Err(error) => return Err(error.into()),
        };
        let is_known = !holders.is_empty() || history.as_ref().is_ok_and(|history| !history.bans.is_empty());
        let ignored = match asked.target() {
            Some(target) => self.ignored(target).await?,
            None if is_known => Vec::new(),
            None => return Err(Error::NotBannable(name.to_owned())),
        };
        self.events.publish(Event::LookedUp { asked: asked.clone(), bans: holders.len() }).await;
        Ok(LookUp { asked, holders, gaps, ignored, history })
    }

    /// The failures of an entry that fail2ban's log tells of, and fail2ban's starts.
    pub(crate) async fn log_traces(&self, asked: &Banned) -> Result<LogTraces, Error> {
        Ok(self.daemon.log_traces(asked).await?)
    }

    async fn ignored(&self, target: &Target) -> Result<Vec<(JailName, Reading<Ignored>)>, Error> {
        let lists = self.daemon.ignore_lists().await?;
        Ok(lists
            .into_iter()
            .map(|(jail, list)| (jail, list.map(|entries| judge(&entries, target))))
            .collect())
    }

    /// The jails whose ignore lists may hold every address, as they were a minute ago at most. A list that cannot be
    /// read marks no jail.
    pub(crate) async fn jails_that_may_ignore_everybody(&self) -> Arc<BTreeSet<JailName>> {
        let ask = async {
            let lists = self.daemon.ignore_lists().await?;
            let may = |list: &Reading<Vec<Listed>>| {
                list.as_ref().is_ok_and(|list| list.iter().any(Listed::may_be_everybody))
            };
            Ok(Arc::new(lists.into_iter().filter(|(_, list)| may(list)).map(|(jail, _)| jail).collect()))
        };
        let asked = self.recent.may_ignore_everybody.get(&(), MaxAge::of_this_minute(), Box::pin(ask));
        asked.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "which jails ignore everybody is not known");
            Arc::default()
        })
    }
}
