//! Everything that BanGUI keeps on ignore lists, with where it is in force.

use crate::domain::ignore::{EverywhereEntry, KeptEntry, Listed, NotInForceCause};
use crate::domain::jail::{JailName, Reading, Unread};
use crate::fail2ban;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;

use super::kept::{Kept, today};

/// Everything that is kept.
#[derive(Debug)]
pub(crate) struct KeptOverview {
    /// Entries that every jail ignores.
    pub(crate) everywhere: Vec<EverywhereRow>,
    /// Entries that are kept in single jails.
    pub(crate) own: Vec<KeptRow>,
    /// Number of jails that run, or why that is not known.
    pub(crate) running: Result<usize, fail2ban::Error>,
}

/// An entry that every jail ignores.
#[derive(Debug)]
pub(crate) struct EverywhereRow {
    pub(crate) kept: EverywhereEntry,
    /// True if it is to be ignored today, false if it is being removed.
    pub(crate) holds: bool,
    /// The jails that ignore it now.
    pub(crate) in_force: Vec<JailName>,
    /// The jails that do not, as far as is known, and why.
    pub(crate) others: Vec<(JailName, NotIgnored)>,
}

/// Reason why a jail does not ignore an entry.
#[derive(Debug)]
pub(crate) enum NotIgnored {
    /// It is not known whether it does.
    Unread(Unread),
    /// fail2ban did not take it.
    NotTaken(NotInForceCause),
    /// Nothing is known but that it does not.
    Missing,
}

/// An entry that is kept in one jail.
#[derive(Debug)]
pub(crate) struct KeptRow {
    pub(crate) kept: KeptEntry,
    /// Whether it is in force; `None` where that is not known.
    pub(crate) state: Option<KeptState>,
}

/// The state of an entry that is kept in one jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptState {
    InForce,
    Missing,
    /// Its jail does not run.
    NotRunning,
}

type Lists = Vec<(JailName, Reading<Vec<Listed>>)>;

impl JailService {
    /// Everything that is kept. What fail2ban has forgotten is put back first, and what has ended is removed. Where
    /// fail2ban was just found to be `unavailable` it is not asked.
    pub(crate) async fn kept_overview(
        &self,
        unavailable: Option<fail2ban::Error>,
    ) -> Result<KeptOverview, Error> {
        let mut kept = self.kept().await?;
        let mut lists = match unavailable {
            Some(error) => Err(error),
            None => self.daemon.ignore_lists().await,
        };
        if lists.as_ref().is_ok_and(|lists| needs_care(&kept, lists)) {
            self.care_for_kept_ignores().await;
            kept = self.kept().await?;
            lists = self.daemon.ignore_lists().await;
        }
        let (lists, running) = match lists {
            Ok(lists) => (Some(lists), None),
            Err(error) => (None, Some(error)),
        };
        let own = kept.own.into_iter().map(|kept| KeptRow { state: state_of(&kept, lists.as_ref()), kept });
        let own: Vec<KeptRow> = own.collect();
        let lists = lists.unwrap_or_default();
        kept.everywhere.sort_by(|a, b| a.entry.cmp(&b.entry));
        let everywhere = kept.everywhere.into_iter().map(|kept| self.everywhere_row(kept, &lists));
        Ok(KeptOverview {
            own,
            everywhere: everywhere.collect(),
            running: running.map_or(Ok(lists.len()), Err),
        })
    }

    fn everywhere_row(&self, kept: EverywhereEntry, lists: &Lists) -> EverywhereRow {
        let not_taken = self.not_in_force();
        let (mut in_force, mut others) = (Vec::new(), Vec::new());
        for (jail, list) in lists {
            let why = match list {
                Ok(list) if list.iter().any(|listed| listed.is(&kept.entry)) => {
                    in_force.push(jail.clone());
                    continue;
                }
                Ok(_) => match not_taken.get(jail).filter(|found| found.entries.contains(&kept.entry)) {
                    Some(found) => NotIgnored::NotTaken(found.cause.clone()),
                    None => NotIgnored::Missing,
                },
                Err(unread) => NotIgnored::Unread(unread.clone()),
            };
            others.push((jail.clone(), why));
        }
        EverywhereRow { holds: kept.holds(today()), kept, in_force, others }
    }
}

fn state_of(kept: &KeptEntry, lists: Option<&Lists>) -> Option<KeptState> {
    let Some((_, list)) = lists?.iter().find(|(jail, _)| *jail == kept.jail) else {
        return Some(KeptState::NotRunning);
    };
    let is_listed = list.as_ref().ok()?.iter().any(|listed| listed.is(&kept.entry));
    Some(if is_listed { KeptState::InForce } else { KeptState::Missing })
}

fn needs_care(kept: &Kept, lists: &Lists) -> bool {
    let ended = kept.everywhere.iter().any(|kept| !kept.holds(today()));
    ended || lists.iter().any(|(jail, list)| list.as_ref().is_ok_and(|list| kept.of(jail).needs_care(list)))
}
