//! The place of one jail's list in memory.

use std::sync::Arc;
use std::time::Instant;

use crate::domain::address::Banned;
use crate::domain::jail::JailStatus;
use crate::fail2ban;
use crate::mutex::Mutex;

use super::list::{JailBans, blocking};

/// One jail's list.
#[derive(Debug, Default)]
pub(super) struct CacheSlot {
    /// The lock is held while the list is read, so that everybody waits for one reading.
    pub(super) kept: tokio::sync::Mutex<CacheEntry>,
    /// Held while fail2ban's own list is read for one that was shown out of its database.
    pub(super) confirming: tokio::sync::Mutex<()>,
    /// Entries that were lifted from here and may still be in the list.
    pub(super) lifted: Mutex<Vec<Banned>>,
}

#[derive(Debug, Default)]
pub(super) struct CacheEntry {
    pub(super) bans: Option<JailBans>,
    /// Time of the last request to fail2ban, and its answer.
    pub(super) last: Option<(Instant, Result<JailBans, fail2ban::Error>)>,
}

impl CacheSlot {
    /// Takes lifted entries out of the list. Returns true if anything was lifted from here since
    /// the list was read.
    pub(super) async fn take_out_lifted(&self, kept: &mut CacheEntry) -> Result<bool, fail2ban::Error> {
        let lifted = self.lifted.lock().clone();
        if lifted.is_empty() {
            return Ok(false);
        }
        let number = lifted.len();
        let answered = kept.last.take();
        if let Some(bans) = &mut kept.bans {
            let list = Arc::clone(&bans.list);
            let without = move || list.table.with(&lifted.iter().collect(), Vec::new());
            bans.list = bans.list.with(blocking(without).await?, bans.list.total, bans.list.mark);
            // The answer is as old as it was, and without these as good.
            kept.last = answered.filter(|(_, answer)| answer.is_ok()).map(|(asked, _)| {
                let banned_now = Ok(bans.list.number());
                let status = Arc::new(JailStatus { banned_now, ..(*bans.status).clone() });
                (asked, Ok(JailBans { status, ..bans.clone() }))
            });
        }
        // Not before: who waits here may go away. What was lifted meanwhile stands behind these.
        self.lifted.lock().drain(..number);
        Ok(true)
    }
}
