//! Keeps the record of bans up to date, from fail2ban's database or else from the lists of the jails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::lookup::NoHistory;
use crate::fail2ban;
use crate::history::{HistoryError, JailList};
use crate::storage::timed_bans;

use super::recent::MaxAge;
use super::service::JailService;

/// Interval between two looks into fail2ban's database: one question for its name, and one query that finds nothing
/// new most of the time.
const INTERVAL: Duration = Duration::from_secs(5);
/// Interval between two looks at the lists, which may be long.
const OF_LISTS: Duration = Duration::from_mins(1);

impl JailService {
    /// Records bans and their ends for as long as the program runs.
    pub(crate) async fn keep_record(self: Arc<Self>) {
        if self.history.absent().is_some() {
            return;
        }
        let (mut lists_read, mut was_changed): (Option<Instant>, bool) = (None, false);
        loop {
            let looked = match self.look_at_bans().await {
                Err(HistoryError::Daemon(fail2ban::Error::Database(reason))) => {
                    if was_changed || lists_read.is_none_or(|read| read.elapsed() >= OF_LISTS) {
                        lists_read = Some(Instant::now());
                        self.record_lists(reason).await
                    } else {
                        Ok(())
                    }
                }
                looked => looked,
            };
            match looked {
                Ok(()) => {
                    self.history.succeeded();
                    if let Err(error) = self.history.read_old_log(&self.daemon).await {
                        self.history.failed(&error);
                    }
                }
                Err(error) => self.history.failed(&error),
            }
            was_changed = self.history.next_look(INTERVAL).await;
        }
    }

    async fn look_at_bans(&self) -> Result<(), HistoryError> {
        match self.storage.call(|connection| timed_bans::all(connection)).await {
            Ok(kept) => self.history.keep(kept).await?,
            Err(error) => tracing::warn!(%error, "which bans are kept is as it was at the last look"),
        }
        self.history.collect(&self.daemon).await
    }

    async fn record_lists(&self, reason: NoHistory) -> Result<(), HistoryError> {
        // A list that takes long is not read for this alone.
        let age = MaxAge { by_itself: true, ..MaxAge::now() };
        let all = match self.bans_over_jails(None, age).await {
            Ok(all) => all,
            Err(super::Error::Daemon(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "no ban can be recorded now");
                return Ok(());
            }
        };
        // The times of others cannot be compared with anything.
        let readable = all.lists.into_iter().filter(|(_, bans)| bans.list.clock.zone.is_some());
        let lists = readable.map(|(jail, bans)| JailList {
            jail,
            bans: bans.list.table.bans().to_vec(),
            started: bans.list.clock.started,
        });
        self.history.note_lists(lists.collect(), reason).await
    }
}
