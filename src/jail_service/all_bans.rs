//! The ban lists of several jails, and what of them is not known: one that cannot be read costs no other.

use futures_util::future::join_all;

use crate::domain::ban::UnreadEntries;
use crate::domain::jail::{JailName, Unread};
use crate::fail2ban;

use super::{Error, Freshness, JailBans, JailService, is_unknown_jail};

/// The ban lists of several jails.
#[derive(Debug)]
pub struct AllBans {
    /// Every jail that runs and can be asked about.
    pub jails: Vec<JailName>,
    /// The lists that were asked for.
    pub lists: Vec<(JailName, JailBans)>,
    /// What is not known of them.
    pub gaps: Vec<Gap>,
}

/// What is not known of a jail's ban list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The jail, as fail2ban names it.
    pub jail: String,
    /// What is missing.
    pub missing: Missing,
}

/// A part of a ban list that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// All of it.
    List(Unread),
    /// Some of its entries.
    Entries(UnreadEntries),
}

impl Gap {
    /// What is missing of a list that was read; `None` where nothing is.
    #[must_use]
    pub fn of(jail: &JailName, bans: &JailBans) -> Option<Self> {
        let unread = &bans.list.unread;
        let gap = || Self { jail: jail.to_string(), missing: Missing::Entries(unread.clone()) };
        (unread.count > 0).then(gap)
    }

    /// The whole list is missing.
    pub(super) fn of_list(jail: &JailName, error: &fail2ban::Error) -> Self {
        tracing::warn!(%jail, %error, "a ban list cannot be read");
        Self { jail: jail.to_string(), missing: Missing::List(unread(error)) }
    }

    /// Whether nothing is known of the list.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.missing, Missing::List(_))
    }
}

/// Why an answer is missing, where the daemon gave one.
pub(super) fn unread(error: &fail2ban::Error) -> Unread {
    Unread(match error {
        fail2ban::Error::Refused { message, .. } => format!("fail2ban refused: {message}"),
        _ => "fail2ban's answer could not be read".to_owned(),
    })
}

impl JailService {
    /// The bans of every jail that runs, or of `only` one.
    ///
    /// # Errors
    /// When `only` does not exist or the daemon does not answer.
    pub async fn bans_over_jails(
        &self,
        only: Option<&JailName>,
        freshness: Freshness,
    ) -> Result<AllBans, Error> {
        let running = self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await?;
        if let Some(only) = only
            && !running.names.contains(only)
        {
            return Err(fail2ban::Error::UnknownJail(only.to_string()).into());
        }
        let mut all = AllBans { jails: Vec::new(), lists: Vec::new(), gaps: Vec::new() };
        if only.is_none() {
            all.gaps.extend(running.unusable.iter().map(|jail| Gap {
                jail: jail.name.clone(),
                missing: Missing::List(Unread(jail.reason.to_string())),
            }));
        }
        let wanted = only.map_or(running.names.as_slice(), std::slice::from_ref);
        let lists =
            join_all(wanted.iter().map(|jail| self.ban_lists.of(jail, &self.daemon, freshness))).await;
        let mut ended = Vec::new();
        for (jail, list) in wanted.iter().zip(lists) {
            match list {
                Ok(bans) => {
                    all.gaps.extend(Gap::of(jail, &bans));
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

    /// The same to be looked at: while an unban of many changes the lists all the time, ones that were
    /// read a little before will do.
    ///
    /// # Errors
    /// As for [`Self::bans_over_jails`].
    pub async fn shown_bans(&self, only: Option<&JailName>, freshness: Freshness) -> Result<AllBans, Error> {
        let freshness = if self.bulk().running.is_some() { Freshness::lately() } else { freshness };
        self.bans_over_jails(only, freshness).await
    }
}
