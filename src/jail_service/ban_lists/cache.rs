//! Each jail's ban list, kept in memory and up to date.
//!
//! A list of 100,000 bans takes fail2ban 2 s, in which it answers nobody; `status J short` takes
//! 0.3 ms. So a list is fetched once, shown again while the jail's two counts say that no ban came or
//! went, and brought up to date from the database and the clock where they do.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::broker::Handle;
use crate::domain::address::Banned;
use crate::domain::ban::table::BanTable;
use crate::domain::daemon_clock::BanListing;
use crate::domain::jail::{JailName, JailStatus};
use crate::fail2ban;
use crate::fail2ban::error::if_readable;
use crate::jail_service::error::is_unknown_jail;
use crate::jail_service::recent::MaxAge;
use crate::mutex::Mutex;

use super::first_view::FirstViews;
use super::list::{BanList, JailBans, PendingRows, blocking, brought_up_to_date};
use super::slot::{CacheEntry, CacheSlot};

/// Age up to which a ban counts as fresh, in seconds.
const FRESH: i64 = 10;
/// Factor of the time that fail2ban needed for a list: for that long a polling page goes on showing
/// a list that has changed, with its age. Nobody waits, and the daemon has others to answer.
const MAX_WAIT: u32 = 10;
/// Longest pause between two lists, in which the daemon is left to others.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// The ban lists of all jails.
#[derive(Debug, Default)]
pub(crate) struct BanLists {
    slots: Mutex<HashMap<JailName, Arc<CacheSlot>>>,
    /// Held while fail2ban is asked for a list: what is asked for meanwhile waits for one list at most.
    fetching: Arc<tokio::sync::Mutex<()>>,
    /// Number of requests that wait and must not wait for another list.
    first: watch::Sender<usize>,
    /// The time zone that the last list was in. It may become known, or known better, with each.
    pub(super) zone: Mutex<Option<String>>,
    pub(super) first_views: FirstViews,
    /// Number of times that anything was lifted from here.
    lifts: AtomicU64,
}

/// Guard that keeps further lists from being asked for while it is held.
pub(crate) struct PriorityGuard<'a>(&'a watch::Sender<usize>);

impl Drop for PriorityGuard<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|number| *number -= 1);
    }
}

impl BanLists {
    /// The bans of `jail`.
    pub(crate) async fn list_of(
        &self,
        jail: &JailName,
        daemon: &Handle,
        freshness: MaxAge,
    ) -> Result<JailBans, fail2ban::Error> {
        let slot = self.slot(jail);
        if !freshness.is_shown {
            drop(slot.confirming.lock().await);
        }
        let mut kept = slot.kept.lock().await;
        slot.take_out_lifted(&mut kept).await?;
        self.first_views.note_asked();
        if let Some((asked, answer)) = &kept.last
            && (freshness.is_shown || answer.as_ref().ok().is_none_or(|bans| bans.list.is_confirmed))
            && freshness.admits(*asked, answer)
        {
            return answer.clone();
        }
        let asked = Instant::now();
        let mut answer = self.ask(jail, daemon, &mut kept, freshness).await;
        if let Err(error) = &answer
            && is_unknown_jail(error, jail)
        {
            self.forget(jail);
        }
        if slot.take_out_lifted(&mut kept).await?
            && let (Ok(bans), Some(kept)) = (&mut answer, &kept.bans)
        {
            bans.clone_from(kept);
        }
        kept.last = Some((asked, answer.clone()));
        answer
    }

    /// The bans of `jail` where that takes no reading of the whole list; `None` where it does.
    pub(crate) async fn at_hand(
        &self,
        jail: &JailName,
        daemon: &Handle,
    ) -> Result<Option<JailBans>, fail2ban::Error> {
        let Some(slot) = self.slots.lock().get(jail).map(Arc::clone) else { return Ok(None) };
        let Ok(mut kept) = slot.kept.try_lock() else { return Ok(None) };
        slot.take_out_lifted(&mut kept).await?;
        if kept.bans.as_ref().is_none_or(|bans| !bans.list.is_confirmed) {
            return Ok(None);
        }
        let status = Arc::new(daemon.status(jail).await?);
        self.caught_up(jail, daemon, &mut kept, status, PendingRows::Ignore).await
    }

    /// Returns the cached list of `jail`, where it is not in use and matches `status`.
    pub(crate) fn cached(
        &self,
        jail: &JailName,
        daemon: &Handle,
        status: &JailStatus,
    ) -> Option<Arc<BanList>> {
        let slot = self.slots.lock().get(jail).map(Arc::clone)?;
        let kept = slot.kept.try_lock().ok()?;
        let list = &kept.bans.as_ref()?.list;
        let holds = slot.lifted.lock().is_empty()
            && list.generation == daemon.generation()
            && list.agrees_with(status);
        holds.then(|| Arc::clone(list))
    }

    /// The lists that were read over the present connection, where they are not in use and nothing was lifted from
    /// here since.
    pub(crate) fn in_memory(&self, daemon: &Handle) -> Vec<(JailName, JailBans)> {
        let generation = daemon.generation();
        let list = |slot: &CacheSlot| {
            let bans = slot.kept.try_lock().ok()?.bans.clone()?;
            (slot.lifted.lock().is_empty() && bans.list.generation == generation).then_some(bans)
        };
        let slots: Vec<_> =
            self.slots.lock().iter().map(|(jail, slot)| (jail.clone(), Arc::clone(slot))).collect();
        slots.into_iter().filter_map(|(jail, slot)| Some((jail, list(&slot)?))).collect()
    }

    /// Takes what was lifted from here out of the list of `jail`, now or when it is next looked at.
    pub(crate) fn lifted(&self, jail: &JailName, banned: &[Banned]) {
        let slot = self.slot(jail);
        slot.lifted.lock().extend_from_slice(banned);
        self.lifts.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns a number that changes whenever anything is lifted from here.
    pub(crate) fn lifts(&self) -> u64 {
        self.lifts.load(Ordering::SeqCst)
    }

    /// Lets no list be asked for until the answer is dropped: what is done now waits at most for the one
    /// that is being read.
    pub(crate) fn prioritise(&self) -> PriorityGuard<'_> {
        self.first.send_modify(|number| *number += 1);
        PriorityGuard(&self.first)
    }

    /// Forgets the list of a jail that has ended.
    pub(crate) fn forget(&self, jail: &JailName) {
        self.slots.lock().remove(jail);
    }

    /// Forgets every list: after a reload or restart equal counts prove nothing.
    pub(crate) fn forget_all(&self) {
        self.slots.lock().clear();
    }

    async fn ask(
        &self,
        jail: &JailName,
        daemon: &Handle,
        kept: &mut CacheEntry,
        freshness: MaxAge,
    ) -> Result<JailBans, fail2ban::Error> {
        let status = Arc::new(daemon.status(jail).await?);
        let is_enough = |bans: &JailBans| freshness.is_shown || bans.list.is_confirmed;
        if kept.bans.as_ref().is_some_and(is_enough)
            && let Some(bans) =
                self.caught_up(jail, daemon, kept, Arc::clone(&status), PendingRows::WaitFor).await?
        {
            return Ok(bans);
        }
        if freshness.is_shown
            && kept.bans.is_none()
            && let Some(bans) = self.first_views.read(jail, daemon, Arc::clone(&status)).await?
        {
            kept.bans = Some(bans.clone());
            return Ok(bans);
        }
        if freshness.by_itself
            && let Some(JailBans { list, as_of, .. }) = kept.bans.as_ref().filter(|bans| is_enough(bans))
            && list.generation == daemon.generation()
            && list.read.elapsed() < list.took * MAX_WAIT
        {
            return Ok(JailBans { list: Arc::clone(list), status, as_of: *as_of });
        }
        let bans = self.fetch(jail, daemon).await?;
        kept.bans = Some(bans.clone());
        Ok(bans)
    }

    pub(super) async fn fetch(&self, jail: &JailName, daemon: &Handle) -> Result<JailBans, fail2ban::Error> {
        let alone = Arc::clone(&self.fetching).lock_owned().await;
        // It can only fail without its sender, which is ours. Not kept: it would hold up who comes next.
        drop(self.first.subscribe().wait_for(|number| *number == 0).await);
        let mark = if_readable(daemon.newest_ban().await)?;
        let generation = daemon.generation();
        let (read, as_of) = (Instant::now(), Timestamp::now());
        // Asked for one behind the other: who comes in between makes the counts disagree, and the list is
        // then not the one of these counts.
        let (status, bans) = futures_util::future::join(daemon.status(jail), daemon.bans(jail)).await;
        let (status, BanListing { bans, unread, clock }) = (Arc::new(status?), bans?);
        *self.zone.lock() = clock.zone.as_ref().map(|zone| zone.name.clone());
        let took = read.elapsed();
        // Who waited for this list goes on before the next one is asked for.
        let pause = MAX_PAUSE.min(took / 10);
        // Where the time zone is not known, any of them may be.
        let was_fresh =
            clock.zone.is_none() || bans.iter().any(|ban| as_of.as_second() - ban.since.as_second() < FRESH);
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            drop(alone);
        });
        let table = blocking(move || BanTable::new(bans)).await?;
        let total = status.banned_total.as_ref().ok().copied();
        let list = Arc::new(BanList {
            table,
            unread,
            clock,
            total,
            generation,
            read,
            took,
            was_fresh,
            mark,
            is_confirmed: true,
        });
        let shown = Arc::clone(&list);
        // Nobody waits for it, and where somebody does it is done there.
        drop(tokio::task::spawn_blocking(move || shown.table.sort_the_rest()));
        Ok(JailBans { list, status, as_of })
    }

    /// The list that is kept, where it is that of `status` or can be made so; `None` where it has to be read.
    async fn caught_up(
        &self,
        jail: &JailName,
        daemon: &Handle,
        kept: &mut CacheEntry,
        status: Arc<JailStatus>,
        unwritten: PendingRows,
    ) -> Result<Option<JailBans>, fail2ban::Error> {
        let generation = daemon.generation();
        let zone = self.zone.lock().clone();
        let can_be_shown = |bans: &&JailBans| bans.list.can_be_shown(generation, zone.as_deref());
        let Some(bans) = kept.bans.as_ref().filter(can_be_shown) else { return Ok(None) };
        let as_of = Timestamp::now();
        let list = if bans.list.agrees_with(&status) {
            Some(Arc::clone(&bans.list))
        } else {
            brought_up_to_date(jail, daemon, bans, &status, unwritten).await?
        };
        let Some(list) = list else { return Ok(None) };
        let bans = JailBans { list, status, as_of };
        kept.bans = Some(bans.clone());
        Ok(Some(bans))
    }

    pub(super) fn slot(&self, jail: &JailName) -> Arc<CacheSlot> {
        Arc::clone(self.slots.lock().entry(jail.clone()).or_default())
    }
}
