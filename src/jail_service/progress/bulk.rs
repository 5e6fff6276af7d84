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

/// Which bans are to be lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// These, each as the list shows it.
    Entries(Vec<(JailName, String)>),
    /// Those that all of this is true of.
    Listed(Filter),
}

/// What is true of a ban. As it comes, of each.
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
    /// The bans of one of the wanted jails that all of it is true of, by address. When a ban was made can only
    /// be judged where fail2ban's time zone is known.
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
    /// By jail; no jail is without one.
    pub jails: Vec<(JailName, Vec<Ban>)>,
    /// How many of the entries that were named are not banned any more.
    pub gone: usize,
    /// What is not known of the lists, so that it stays banned.
    pub(crate) gaps: Vec<Gap>,
}

impl BansToLift {
    /// How many bans there are.
    #[must_use]
    pub fn bans(&self) -> usize {
        self.jails.iter().map(|(_, bans)| bans.len()).sum()
    }

    /// What they are of, each once.
    #[must_use]
    pub fn entries(&self) -> Entries {
        Entries::count(self.jails.iter().flat_map(|(_, bans)| bans))
    }
}

/// An unban of many under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BulkRunning {
    /// Whether it is everything, in every jail.
    pub(crate) is_all: bool,
    pub by: String,
    pub since: Timestamp,
    pub jail: Option<JailName>,
    /// How many bans are behind it, lifted or not.
    pub done: usize,
    /// How many bans there are to lift.
    pub of: usize,
}

/// What there is to say about unbans of many.
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
    /// What ended so lately that it is worth showing. A failure is longer than a success.
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
