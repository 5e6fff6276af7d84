//! The undoing of an unban: the same addresses, banned again in the same jails.

use std::collections::BTreeMap;

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::jail::JailName;
use crate::domain::timed_ban::{BanTerm, TimedBan};
use crate::jail_service::error::Error;
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

/// Result of banning again.
#[derive(Debug, Default)]
pub(crate) struct BannedAgain {
    /// Entries that are banned, by jail, and what the ban changed.
    pub done: Vec<(JailName, Vec<Target>, BanChange)>,
    /// The jails where it did not work, and why.
    pub failed: Vec<(JailName, Error)>,
    /// The bans with an end of their own whose place was taken.
    pub(crate) replaced: Vec<TimedBan>,
    /// Entries that are no address, so that nobody can name them to be banned.
    pub(crate) left_out: Vec<String>,
}

impl JailService {
    /// Returns the jails that would count it if bans that were lifted in `jails` were made again:
    /// they read what fail2ban logs, as `recidive` does, which counts the bans of all jails but its
    /// own. None where that is not known.
    pub(crate) async fn jails_that_count_bans(&self, jails: &[&JailName]) -> Vec<JailName> {
        let counting = match self.readers_of_the_log().await {
            Ok(readers) => readers,
            Err(error) => {
                tracing::warn!(%error, "which jails read fail2ban's log is not known");
                return Vec::new();
            }
        };
        counting.into_iter().filter(|reader| jails.iter().any(|jail| *jail != reader)).collect()
    }

    /// The jails that read fail2ban's own log, as it was a minute ago at most: who unbans is not to wait.
    async fn readers_of_the_log(&self) -> Result<Vec<JailName>, Error> {
        let ask = self.daemon.jails_that_read_its_log();
        Ok(self.recent.readers_of_the_log.get(&(), MaxAge::of_this_minute(), ask).await?)
    }

    /// Bans each entry in its jail: for a term, which the account of that name chose, or for as long as the jail bans
    /// now. What is left out or did not work is in the answer.
    pub(crate) async fn ban_again(
        &self,
        bans: &[(JailName, String)],
        term: Option<(&BanTerm, &str)>,
    ) -> BannedAgain {
        let mut again = BannedAgain::default();
        let mut by_jail: BTreeMap<&JailName, Vec<Target>> = BTreeMap::new();
        for (jail, entry) in bans {
            match Banned::from_daemon(entry) {
                Banned::Target(target) => by_jail.entry(jail).or_default().push(target),
                Banned::Text(text) => again.left_out.push(text),
            }
        }
        for (jail, targets) in by_jail {
            let banned = match term {
                Some((term, by)) => self.ban_for(jail, &targets, term, by).await,
                None => self.ban(jail, &targets).await.map(|change| (change, Vec::new())),
            };
            match banned {
                Ok((change, replaced)) => {
                    again.replaced.extend(replaced);
                    again.done.push((jail.clone(), targets, change));
                }
                Err(error) => again.failed.push((jail.clone(), error)),
            }
        }
        again
    }
}
