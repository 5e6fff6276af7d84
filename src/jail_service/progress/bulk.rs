//! Unbans of many: what they lift, and how far they are.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::Ban;
use crate::domain::ban::order::{Direction, Sort};
use crate::domain::ban::table::{BanTable, Search};
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;
use crate::events::bulk::Report;
use crate::jail_service::all_bans::Gap;
use crate::jail_service::entries::Entries;

use super::single_flight::{Finished, Flight};

/// Selection of the bans to lift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// These, each as the list shows it.
    Entries(Vec<(JailName, String)>),
    /// Those that all of this is true of.
    Listed(Filter),
}

/// Conditions that a ban has to meet. The default matches every ban.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Part of the entry or name of its country; empty for any.
    pub search: String,
    pub origin: Option<Origin>,
    /// The entry is this, or lies inside it.
    pub network: Option<Target>,
    pub jail: Option<JailName>,
    /// It was made at this time at the latest.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Returns the bans of one of the wanted jails that meet all conditions, by address. The time
    /// of a ban can only be judged where fail2ban's time zone is known.
    pub(crate) fn matching(&self, bans: &BanTable, is_zone_known: bool) -> Vec<Ban> {
        let inside =
            |ban: &Ban, network: &Target| ban.banned.target().is_some_and(|held| network.covers(held));
        let until = self.until.filter(|_| is_zone_known);
        let admits = |ban: &&Ban| {
            self.network.as_ref().is_none_or(|network| inside(ban, network))
                && until.is_none_or(|until| ban.since <= until)
        };
        let found = bans.search(&Search::new(&self.search, self.origin));
        let found = bans.sorted(&found, Sort::Ip, Direction::Ascending).map(|(ban, _)| ban);
        found.filter(admits).cloned().collect()
    }
}

/// The bans that would be lifted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BansToLift {
    /// Bans by jail; no jail is without one.
    pub jails: Vec<(JailName, Vec<Ban>)>,
    /// Number of named entries that are not banned any more.
    pub gone: usize,
    /// Gaps in the lists: bans that stay because they are not known.
    pub(crate) gaps: Vec<Gap>,
}

impl BansToLift {
    /// Returns the number of bans.
    #[must_use]
    pub fn bans(&self) -> usize {
        self.jails.iter().map(|(_, bans)| bans.len()).sum()
    }

    /// Returns the different entries of the bans, each counted once.
    #[must_use]
    pub fn entries(&self) -> Entries {
        Entries::count(self.jails.iter().flat_map(|(_, bans)| bans))
    }
}

/// An unban of many under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BulkRunning {
    /// True if all bans in every jail are to be lifted.
    pub(crate) is_all: bool,
    pub by: String,
    pub since: Timestamp,
    pub jail: Option<JailName>,
    /// Number of bans that were dealt with, lifted or not.
    pub done: usize,
    /// Number of bans to lift.
    pub of: usize,
}

/// State of unbans of many: the one under way and the end of the last one.
pub(crate) type BulkState = Flight<BulkRunning, Report>;

/// An unban of many that has ended.
pub(crate) type BulkFinished = Finished<BulkRunning, Report>;

impl BulkRunning {
    /// An unban of `of` bans that is begun now.
    pub(crate) fn begin(is_all: bool, by: &str, of: usize) -> Self {
        Self { is_all, by: by.to_owned(), since: Timestamp::now(), jail: None, done: 0, of }
    }
}

impl BulkState {
    /// Returns the last unban of many if it ended recently. A failure counts as recent for longer
    /// than a success.
    #[must_use]
    pub(crate) fn recent(&self, now: &Timestamp) -> Option<&BulkFinished> {
        self.last_within(now, |last| if last.outcome.is_well() { 300 } else { 3600 })
    }
}

/// The bans of the entries that are `named`, and how many are not banned.
pub(crate) fn split_banned(bans: &BanTable, named: &[String]) -> (Vec<Ban>, usize) {
    let wanted: BTreeSet<&String> = named.iter().collect();
    let found: Vec<Ban> =
        wanted.iter().filter_map(|name| bans.find(&Banned::from_daemon(name))).cloned().collect();
    let gone = wanted.len() - found.len();
    (found, gone)
}
