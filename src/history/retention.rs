//! What is kept of the record: by age, and by the size of its file.

use crate::storage::history::retention;

use super::{History, HistoryError};

/// Bans removed at once: some tens of milliseconds, for which the collector waits.
const AT_ONCE: u32 = 2_000;
const DAY: i64 = 24 * 60 * 60;

impl History {
    /// The second before which nothing is kept.
    pub(super) fn oldest(&self) -> i64 {
        self.clock.now() - i64::from(self.limits.days) * DAY
    }

    /// Removes what is too old or too much. Returns how many bans.
    pub(crate) async fn sweep(&self) -> Result<usize, HistoryError> {
        let store = self.store()?;
        let oldest = self.oldest();
        let limit = u64::from(self.limits.megabytes) << 20;
        let mut removed = 0;
        loop {
            let some =
                store.call(move |connection| retention::delete_before(connection, oldest, AT_ONCE)).await?;
            removed += some;
            if some == 0 {
                break;
            }
        }
        // A twentieth less than that, so as not to begin again at once.
        let mut size = store.read(|connection| retention::size(connection)).await?;
        let most = if size > limit { limit - limit / 20 } else { limit };
        while size > most {
            let some =
                store.call(|connection| retention::delete_before(connection, i64::MAX, AT_ONCE)).await?;
            removed += some;
            if some == 0 {
                break;
            }
            size = store.read(|connection| retention::size(connection)).await?;
        }
        Ok(removed)
    }
}
