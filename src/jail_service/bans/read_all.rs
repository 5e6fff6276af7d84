//! The ban lists of several jails.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::domain::jail::JailName;
use crate::fail2ban;
use crate::jail_service::all_bans::{AllBans, Gap, Missing};
use crate::jail_service::error::{Error, is_unknown_jail};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

impl JailService {
    /// The bans of every jail that runs, or of `only` one.
    pub(crate) async fn bans_over_jails(
        &self,
        only: Option<&JailName>,
        freshness: MaxAge,
    ) -> Result<AllBans, Error> {
        let running = self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await?;
        if let Some(only) = only
            && !running.names.contains(only)
        {
            return Err(fail2ban::Error::UnknownJail(only.to_string()).into());
        }
        let mut all = AllBans { jails: Vec::new(), lists: Vec::new(), gaps: Vec::new() };
        if only.is_none() {
            all.gaps.extend(
                running
                    .unusable
                    .iter()
                    .map(|jail| Gap { jail: jail.name.clone(), missing: Missing::Jail(jail.reason) }),
            );
        }
        let wanted = only.map_or(running.names.as_slice(), std::slice::from_ref);
        let lists =
            join_all(wanted.iter().map(|jail| self.ban_lists.list_of(jail, &self.daemon, freshness))).await;
        let mut ended = Vec::new();
        for (jail, list) in wanted.iter().zip(lists) {
            match list {
                Ok(bans) => {
                    all.gaps.extend(Gap::of_entries(jail, &bans));
                    all.lists.push((jail.clone(), bans));
                }
                Err(error) if only.is_none() && is_unknown_jail(&error, jail) => ended.push(jail),
                Err(error) if error.is_of_the_connection() || is_unknown_jail(&error, jail) => {
                    return Err(error.into());
                }
                Err(error) => all.gaps.push(Gap::of_list(jail, &error)),
            }
        }
        all.jails = running.names.iter().filter(|jail| !ended.contains(jail)).cloned().collect();
        Ok(all)
    }

    /// Confirms the lists that were shown out of fail2ban's database. Never returns.
    pub(crate) async fn confirm_first_views(self: Arc<Self>) {
        self.ban_lists.confirm_first_views(&self.daemon).await;
    }

    /// The same to be looked at: while an unban of many changes the lists all the time, ones that were
    /// read a little before will do.
    pub(crate) async fn shown_bans(
        &self,
        only: Option<&JailName>,
        freshness: MaxAge,
    ) -> Result<AllBans, Error> {
        let freshness = if self.bulk().running.is_some() { MaxAge::lately() } else { freshness };
        self.bans_over_jails(only, freshness.to_show()).await
    }
}
