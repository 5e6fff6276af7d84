//! The ban list of one jail, and what makes it true again without reading it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::broker::Handle;
use crate::domain::ban::UnreadEntries;
use crate::domain::ban::table::BanTable;
use crate::domain::daemon_clock::DaemonClock;
use crate::domain::jail::{JailName, JailStatus};
use crate::fail2ban;
use crate::fail2ban::error::if_readable;
use crate::fail2ban::{MOST_ROWS, NewBan, RowId};

use super::catch_up::{changes, unlisted};

/// Longest time for which a list may be shown again, whatever the counts say: a change of the
/// jail's ban time changes the ends of bans, and no count.
const LONGEST_KEPT: Duration = Duration::from_mins(1);
/// The same where a ban is fresh: fail2ban lengthens the ban of a repeat offender a moment after it
/// has counted it (`fail2ban/server/observer.py`, `banFound`), and the counts do not show that.
const WHILE_FRESH: Duration = Duration::from_secs(3);
/// A list that fail2ban needed long for is kept this many times as long: reading it takes 1 % of the
/// daemon's time at most.
const SELDOM: u32 = 100;
/// The same for a list that fail2ban has not confirmed, where confirming it fails or takes long.
const WHILE_UNCONFIRMED: Duration = Duration::from_secs(20);
/// Time for which fail2ban's database is polled for a ban that was counted already; longer where
/// reading the list takes longer.
const UNTIL_WRITTEN: Duration = Duration::from_millis(250);
/// The most new bans that are taken from the database one by one.
const MOST_NEW: usize = MOST_ROWS / 2;

/// The bans of one jail, as they were at one moment.
#[derive(Debug)]
pub(crate) struct BanList {
    pub table: BanTable,
    /// Entries of fail2ban's list that are not in it, because they cannot be read.
    pub unread: UnreadEntries,
    /// The clock by which their times were read.
    pub clock: DaemonClock,
    /// Bans since the jail started, where that could be read.
    pub(crate) total: Option<u64>,
    /// Generation of the connection over which it was read.
    pub(crate) generation: u64,
    /// Time at which fail2ban was asked for the whole list, followed by how long it took.
    pub(crate) read: Instant,
    pub(crate) took: Duration,
    /// True if the length of a ban was not final when the list was read.
    pub(crate) was_fresh: bool,
    /// The last row of fail2ban's database that is in the list; `None` where that cannot be read.
    pub(crate) mark: Option<RowId>,
    /// False if it was made out of fail2ban's database and not compared with fail2ban's own yet.
    pub(crate) is_confirmed: bool,
}

impl BanList {
    /// Returns true if the list can still be shown, once it is brought up to date. False where
    /// other lists are by now read in another `zone`.
    pub(crate) fn can_be_shown(&self, generation: u64, zone: Option<&str>) -> bool {
        if !self.is_confirmed {
            return self.generation == generation && self.read.elapsed() < WHILE_UNCONFIRMED;
        }
        let longest = if self.was_fresh { WHILE_FRESH } else { LONGEST_KEPT };
        let own_zone = self.clock.zone.as_ref().map(|zone| zone.name.as_str());
        self.generation == generation
            && own_zone == zone
            && self.read.elapsed() < longest.max(self.took * SELDOM)
    }

    /// Returns true if the times of its bans are known: fail2ban's list is in a time zone, its database in none.
    pub(crate) fn are_times_known(&self) -> bool {
        !self.is_confirmed || self.clock.zone.is_some()
    }

    pub(crate) fn agrees_with(&self, status: &JailStatus) -> bool {
        let total = status.banned_total.as_ref().ok();
        status.banned_now == Ok(self.number()) && total.is_some() && self.total.as_ref() == total
    }

    /// Returns the number of bans that fail2ban lists.
    pub(crate) fn number(&self) -> u64 {
        self.table.len() as u64 + self.unread.count
    }

    /// The same with another table.
    pub(crate) fn with(&self, table: BanTable, total: Option<u64>, mark: Option<RowId>) -> Arc<Self> {
        let Self { generation, read, took, was_fresh, is_confirmed, .. } = *self;
        let (unread, clock) = (self.unread.clone(), self.clock.clone());
        Arc::new(Self { table, unread, clock, total, generation, read, took, was_fresh, mark, is_confirmed })
    }
}

/// The bans of a jail, with its figures as the daemon reports them.
#[derive(Debug, Clone)]
pub(crate) struct JailBans {
    pub list: Arc<BanList>,
    /// The jail's figures. They are newer than the list where `as_of` is long ago.
    pub status: Arc<JailStatus>,
    /// Time at which the list was accurate.
    pub(crate) as_of: Timestamp,
}

/// Choice whether to wait until a counted ban is written to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PendingRows {
    WaitFor,
    /// It may never be: fail2ban writes none that it restores, and an unban deletes what was written.
    Ignore,
}

/// Returns the present list without reading it again; `None` where that is not possible.
pub(crate) async fn brought_up_to_date(
    jail: &JailName,
    daemon: &Handle,
    bans: &JailBans,
    status: &JailStatus,
    unwritten: PendingRows,
) -> Result<Option<Arc<BanList>>, fail2ban::Error> {
    if !bans.list.are_times_known() {
        // Nothing of it can be compared with the clock or the database.
        return Ok(None);
    }
    let (Ok(banned_now), Ok(total), Some(before)) =
        (&status.banned_now, &status.banned_total, bans.list.total)
    else {
        return Ok(None);
    };
    // What cannot be read of the list is taken to be in it still: where it has ended, or is new, the numbers
    // do not agree, and the list is read again.
    let Some(banned_now) = banned_now.checked_sub(bans.list.unread.count) else { return Ok(None) };
    let total = *total;
    let Some(newly) = total.checked_sub(before) else { return Ok(None) };
    let Some(rows) = new_bans(jail, daemon, bans, newly, unwritten).await? else { return Ok(None) };
    let (list, as_of) = (Arc::clone(&bans.list), bans.as_of);
    blocking(move || {
        let changes = changes(&list.table, as_of, banned_now, newly, &rows, Timestamp::now())?;
        let table = list.table.with(&changes.gone, changes.added);
        Some(list.with(table, Some(total), changes.mark.or(list.mark)))
    })
    .await
}

/// Returns the `newly` bans that came since the list was accurate, and maybe more; `None` where
/// they are too many or cannot be determined.
async fn new_bans(
    jail: &JailName,
    daemon: &Handle,
    bans: &JailBans,
    newly: u64,
    unwritten: PendingRows,
) -> Result<Option<Vec<NewBan>>, fail2ban::Error> {
    if newly == 0 {
        return Ok(Some(Vec::new()));
    }
    let (Some(mark), Some(newly)) =
        (bans.list.mark, usize::try_from(newly).ok().filter(|newly| *newly <= MOST_NEW))
    else {
        return Ok(None);
    };
    let max_wait = match unwritten {
        PendingRows::WaitFor => bans.list.took.max(UNTIL_WRITTEN),
        PendingRows::Ignore => Duration::ZERO,
    };
    let (begin, mut pause) = (Instant::now(), Duration::from_millis(1));
    loop {
        match if_readable(daemon.bans_after(jail, mark, bans.as_of).await)? {
            Some(rows) if unlisted(&bans.list.table, &rows, Timestamp::now()).count() >= newly => {
                return Ok(Some(rows));
            }
            Some(_) if begin.elapsed() < max_wait => {}
            Some(_) | None => return Ok(None),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Does what takes long for an async thread.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, fail2ban::Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| fail2ban::Error::Unreadable(error.to_string()))
}
