//! The first view of a long list, out of fail2ban's database, for which nobody waits for fail2ban to send it.
//!
//! What is shown has to be what fail2ban holds. Its counts alone do not say so: a ban that is missing in the database
//! and one too many there make up for each other, and an end that moved shows in no count
//! (`fail2ban/database/written.rs` has the cases). So this list
//! - is only taken where the counts, before and behind it, are the same and those of the list,
//! - is only shown: whoever acts on bans gets fail2ban's own list,
//! - is compared with fail2ban's own list as soon as nobody has asked for any list for a second. That one takes its place.
//!   Where it is another one, the database is not asked again for that jail.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::broker::Handle;
use crate::domain::ban::table::BanTable;
use crate::domain::ban::{Ban, UnreadEntries};
use crate::domain::jail::{JailName, JailStatus};
use crate::fail2ban;
use crate::fail2ban::WrittenBans;
use crate::fail2ban::error::if_readable;
use crate::mutex::Mutex;

use super::catch_up::{ROUNDED, changes};
use super::list::{BanList, JailBans, blocking};

/// The shortest list that is read from the database. A shorter one takes fail2ban some 15 ms.
const LEAST: u64 = 2_000;
/// Number of times that the database is read: a ban is written a moment after it is counted.
const ATTEMPTS: u32 = 2;
/// Pause between them.
const PAUSE: Duration = Duration::from_millis(50);
/// Time without a question for a list after which fail2ban is asked to confirm one, and the longest wait for that.
const QUIET: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The lists that were shown out of the database.
#[derive(Debug, Default)]
pub(crate) struct FirstViews {
    /// The jails whose list is to be confirmed.
    waiting: Mutex<VecDeque<JailName>>,
    wanted: Notify,
    /// The last time that anybody asked for a list.
    asked: Mutex<Option<Instant>>,
    /// The jails whose list was another one than fail2ban's.
    pub(super) wrong: Mutex<HashSet<JailName>>,
    /// True if somebody confirms them.
    pub(super) is_kept_up: AtomicBool,
}

impl FirstViews {
    pub(super) fn note_asked(&self) {
        *self.asked.lock() = Some(Instant::now());
    }

    pub(super) async fn next(&self) -> JailName {
        loop {
            let next = self.waiting.lock().pop_front();
            if let Some(jail) = next {
                return jail;
            }
            self.wanted.notified().await;
        }
    }

    pub(super) fn confirm_soon(&self, jail: &JailName) {
        self.waiting.lock().push_back(jail.clone());
        self.wanted.notify_one();
    }

    pub(super) async fn quiet(&self) {
        let begin = Instant::now();
        while begin.elapsed() < MAX_WAIT {
            let since = self.asked.lock().map(|asked| asked.elapsed());
            let Some(left) = since.and_then(|since| QUIET.checked_sub(since)) else { return };
            tokio::time::sleep(left).await;
        }
    }

    /// The list of `jail` out of the database; `None` where it has to be read from fail2ban.
    pub(super) async fn read(
        &self,
        jail: &JailName,
        daemon: &Handle,
        status: Arc<JailStatus>,
    ) -> Result<Option<JailBans>, fail2ban::Error> {
        let is_long = status.banned_now.as_ref().is_ok_and(|number| *number >= LEAST);
        if !is_long || !self.is_kept_up.load(Ordering::Relaxed) || self.wrong.lock().contains(jail) {
            return Ok(None);
        }
        let mut before = status;
        for _ in 0..ATTEMPTS {
            let generation = daemon.generation();
            let read = Instant::now();
            let Some(written) = if_readable(daemon.written_bans(jail).await)?.flatten() else {
                return Ok(None);
            };
            let as_of = Timestamp::now();
            let status = Arc::new(daemon.status(jail).await?);
            let is_same =
                before.banned_now == status.banned_now && before.banned_total == status.banned_total;
            if is_same && generation == daemon.generation() {
                let (of, took) = (Arc::clone(&status), read.elapsed());
                let list = blocking(move || list_of(written, &of, as_of, read, took, generation)).await?;
                if let Some(list) = list {
                    let list = Arc::new(list);
                    self.confirm_soon(jail);
                    let shown = Arc::clone(&list);
                    // Nobody waits for it, and where somebody does it is done there.
                    drop(tokio::task::spawn_blocking(move || shown.table.sort_the_rest()));
                    return Ok(Some(JailBans { list, status, as_of }));
                }
            }
            before = status;
            tokio::time::sleep(PAUSE).await;
        }
        tracing::debug!(%jail, "fail2ban's database does not agree with its counts");
        Ok(None)
    }
}

/// Makes the list out of what the database had at `as_of`; `None` where it is not the one of `status`.
fn list_of(
    written: WrittenBans,
    status: &JailStatus,
    as_of: Timestamp,
    read: Instant,
    took: Duration,
    generation: u64,
) -> Option<BanList> {
    let WrittenBans { bans, mark, clock } = written;
    let (Ok(banned_now), Ok(total)) = (&status.banned_now, &status.banned_total) else { return None };
    let mut table = BanTable::new(bans);
    if table.len() as u64 != *banned_now {
        // Those that ended just now are lifted the next second.
        let gone = changes(&table, as_of, *banned_now, 0, &[], as_of)?.gone;
        table = table.with(&gone, Vec::new());
    }
    Some(BanList {
        table,
        unread: UnreadEntries::default(),
        clock,
        total: Some(*total),
        generation,
        read,
        took,
        was_fresh: false,
        mark: Some(mark),
        is_confirmed: false,
    })
}

/// Returns true if both lists have the same bans, as far as the database's rounding lets them.
pub(super) fn is_same(written: &BanTable, listed: &BanTable) -> bool {
    let is_listed = |ban: &Ban| {
        listed.find(&ban.banned).is_some_and(|own| {
            own.length == ban.length && (ban.since.as_second() - own.since.as_second()).abs() <= ROUNDED
        })
    };
    written.len() == listed.len() && written.bans().iter().all(is_listed)
}
