//! Each jail's ban list, kept in memory and kept true.
//!
//! A list of 100,000 bans takes fail2ban 2 s, in which it answers nobody; `status J short` takes
//! 0.3 ms. So a list is fetched once, and shown again while the jail's two counts say that no ban
//! came or went.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::fail2ban::{self, Handle};

use super::is_unknown_jail;

/// How long a list may be shown again at most, whatever the counts say.
const LONGEST: Duration = Duration::from_mins(1);
/// How long where a ban is fresh: fail2ban lengthens the ban of one who came back a moment after it
/// counted it (`fail2ban/server/observer.py`, `banFound`), and the counts do not show that.
const WHILE_FRESH: Duration = Duration::from_secs(3);
/// How old a list may be that is only looked at while many bans are being lifted.
const LATELY: Duration = Duration::from_secs(10);
/// Until what age a ban counts as fresh, in seconds.
const FRESH: i64 = 10;

/// The bans of one jail, as they were at one moment.
#[derive(Debug)]
pub struct BanList {
    /// The bans, in the order in which they end.
    pub bans: Vec<Ban>,
    /// When they were read.
    pub read_at: Timestamp,
    read: Instant,
    /// `(currently, total)` just before the list was read: a ban in between makes them disagree,
    /// and the list is fetched again.
    counts: (u64, u64),
    generation: u64,
}

impl BanList {
    fn holds(&self, counts: (u64, u64), generation: u64) -> bool {
        let fresh = |ban: &Ban| self.read_at.as_second() - ban.since.as_second() < FRESH;
        let longest = if self.bans.iter().any(fresh) { WHILE_FRESH } else { LONGEST };
        self.counts == counts && self.generation == generation && self.read.elapsed() < longest
    }
}

/// One jail's list. The lock is held while it is read, so that everybody waits for one reading.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<BanList>>>>;

/// The ban lists of all jails.
#[derive(Debug, Default)]
pub(super) struct BanLists {
    slots: Mutex<HashMap<JailName, Slot>>,
}

impl BanLists {
    /// The bans of `jail` that hold now.
    pub(super) async fn of(&self, jail: &JailName, daemon: &Handle) -> Result<Arc<BanList>, fail2ban::Error> {
        let slot = self.slot(jail);
        let mut list = slot.lock().await;
        let status = daemon.status(jail).await.inspect_err(|error| {
            if is_unknown_jail(error, jail) {
                self.slots().remove(jail);
            }
        })?;
        let counts = (status.banned_now, status.banned_total);
        let generation = daemon.generation();
        if let Some(list) = list.as_ref().filter(|list| list.holds(counts, generation)) {
            return Ok(Arc::clone(list));
        }
        let read = Instant::now();
        let read_at = Timestamp::now();
        let bans = daemon.bans(jail).await?;
        let fetched = Arc::new(BanList { bans, read_at, read, counts, generation });
        *list = Some(Arc::clone(&fetched));
        Ok(fetched)
    }

    /// The bans of `jail` as they were lately, whatever came or went since.
    pub(super) async fn lately_of(
        &self,
        jail: &JailName,
        daemon: &Handle,
    ) -> Result<Arc<BanList>, fail2ban::Error> {
        let slot = self.slot(jail);
        let kept = slot.lock().await.as_ref().map(Arc::clone);
        let generation = daemon.generation();
        match kept.filter(|list| list.generation == generation && list.read.elapsed() < LATELY) {
            Some(list) => Ok(list),
            None => self.of(jail, daemon).await,
        }
    }

    /// Forgets every list: after a reload or restart equal counts prove nothing.
    pub(super) fn forget_all(&self) {
        self.slots().clear();
    }

    fn slot(&self, jail: &JailName) -> Slot {
        Arc::clone(self.slots().entry(jail.clone()).or_default())
    }

    /// A panic elsewhere leaves the map whole, so a poisoned lock is as good as any.
    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<JailName, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
