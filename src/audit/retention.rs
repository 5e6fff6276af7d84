//! Retention of rows: by age, and by the size of all of them.

use crate::storage::StorageError;
use crate::storage::audit::retention;

use super::Audit;

/// Rows removed at once: some milliseconds, for which others wait.
const AT_ONCE: u32 = 500;
const DAY: i64 = 24 * 60 * 60;

impl Audit {
    /// Removes what is too old or too much. Returns how many rows.
    ///
    /// # Errors
    /// When our database fails.
    pub(crate) async fn sweep(&self) -> Result<usize, StorageError> {
        Ok(self.sweep_old().await? + self.sweep_surplus().await?)
    }

    async fn sweep_old(&self) -> Result<usize, StorageError> {
        let time = self.clock.now() - i64::from(self.limits.days) * DAY;
        let mut removed = 0;
        loop {
            let delete = move |connection: &mut _| retention::delete_before(connection, time, AT_ONCE);
            match self.storage.call(delete).await? {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }

    /// Removes the oldest rows of the accounts whose rows take the most room, so that none pushes out what others did.
    /// What nobody did has limits of its own.
    async fn sweep_surplus(&self) -> Result<usize, StorageError> {
        let limit = u64::from(self.limits.megabytes) << 20;
        let size = self.storage.read(|connection| retention::size(connection)).await?;
        if size <= limit {
            return Ok(0);
        }
        let bytes = self.storage.read(|connection| retention::by_account(connection)).await?;
        let all: u64 = bytes.iter().map(|(_, bytes)| bytes).sum();
        // A tenth more than that, so as not to begin again at once.
        let surplus = share(all, size - limit + limit / 10, size);
        let mut removed = 0;
        for (account, mut left) in from_the_most(bytes, surplus) {
            while left > 0 {
                let account = account.clone();
                let delete =
                    move |connection: &mut _| retention::delete_oldest(connection, &account, left, AT_ONCE);
                let (rows, bytes) = self.storage.call(delete).await?;
                if rows == 0 {
                    break;
                }
                removed += rows;
                left = left.saturating_sub(bytes);
            }
        }
        tracing::info!(removed, size, "the audit was larger than is kept");
        Ok(removed)
    }
}

/// `part` of `whole`, of so many bytes.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    let bytes = u128::from(bytes) * u128::from(part) / u128::from(whole.max(1));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Shares out a `surplus` of bytes among accounts, so that the largest accounts become equal.
fn from_the_most(mut counts: Vec<(String, u64)>, surplus: u64) -> Vec<(String, u64)> {
    counts.sort_by_key(|(_, count)| *count);
    let mut left = counts.iter().map(|(_, count)| count).sum::<u64>().saturating_sub(surplus);
    let mut accounts = u64::try_from(counts.len()).unwrap_or(u64::MAX);
    let mut gone = Vec::new();
    // The smallest first: what they do not use of their share is the others'.
    for (account, count) in counts {
        let stays = count.min(left / accounts.max(1));
        left -= stays;
        accounts -= 1;
        if count > stays {
            gone.push((account, count - stays));
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::domain::audit::{AuditLimits, AuditQuery, End, Entry, Outcome};
    use crate::domain::clock::Clock;
    use crate::storage::{audit, temporary};

    fn entry(account: &str) -> Entry {
        long_entry(account, 400)
    }

    fn long_entry(account: &str, length: usize) -> Entry {
        let (account, action) = (Some(account.to_owned()), "ban".to_owned());
        Entry { account, address: None, action, jail: None, target: "x".repeat(length) }
    }

    const DONE: End = End { outcome: Outcome::Done, status: None, words: String::new() };

    #[test]
    fn whoever_wrote_the_most_loses_the_most() {
        let counts =
            |ann, bob, eve| [("ann", ann), ("bob", bob), ("eve", eve)].map(|(n, c)| (n.to_owned(), c));
        let gone = |counts: [(String, u64); 3], surplus| from_the_most(counts.to_vec(), surplus);
        assert_eq!(gone(counts(10, 20, 1_000), 500), [("eve".to_owned(), 500)]);
        assert_eq!(gone(counts(10, 90, 100), 100), [("bob".to_owned(), 45), ("eve".to_owned(), 55)]);
        assert_eq!(gone(counts(1, 1, 1), 100).len(), 3);
        assert!(gone(counts(1, 1, 1), 0).is_empty());
    }

    #[tokio::test]
    async fn what_is_too_old_goes_and_of_what_is_too_much_the_floods_oldest() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let clock = Clock::default();
        let limits = AuditLimits { days: 30, megabytes: 1 };
        let own = Audit::new(storage.clone(), clock.clone(), limits);
        let now = clock.now();
        let fill = move |connection: &mut rusqlite::Connection| {
            let many = connection.transaction()?;
            for _ in 0..700 {
                audit::insert_at(&many, &entry("old"), &DONE, Some(now - 31 * DAY), 0)?;
            }
            audit::insert(&many, &entry("ann"), &DONE)?;
            for _ in 0..5_000 {
                audit::insert(&many, &entry("eve"), &DONE)?;
            }
            many.commit()
        };
        storage.call(fill).await?;
        let removed = own.sweep().await?;
        let size = storage.read(|connection| retention::size(connection)).await?;
        assert!(size <= 1 << 20 && size > 1 << 19, "{size}");
        let query =
            |search: &str| AuditQuery { search: search.to_owned(), before: None, page: 1, per_page: 1 };
        let (ann, old) = (own.page(query("ann")).await?, own.page(query("old")).await?);
        assert_eq!((ann.matching, old.matching, ann.all + removed), (1, 0, 5_701));
        assert_eq!(own.sweep().await?, 0);
        clock.pass(std::time::Duration::from_hours(31 * 24));
        own.sweep().await?;
        assert_eq!(own.page(query("")).await?.all, 0);
        Ok(())
    }

    #[tokio::test]
    async fn few_long_rows_push_out_no_short_ones_of_others() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let own = Audit::new(storage.clone(), Clock::default(), AuditLimits { days: 30, megabytes: 1 });
        let fill = move |connection: &mut rusqlite::Connection| {
            let many = connection.transaction()?;
            for _ in 0..1_000 {
                audit::insert(&many, &long_entry("ann", 10), &DONE)?;
            }
            for _ in 0..300 {
                audit::insert(&many, &long_entry("eve", 8_000), &DONE)?;
            }
            many.commit()
        };
        storage.call(fill).await?;
        own.sweep().await?;
        let of = |search: &str| AuditQuery { search: search.to_owned(), before: None, page: 1, per_page: 1 };
        assert_eq!(own.page(of("ann")).await?.matching, 1_000);
        assert!(own.page(of("eve")).await?.matching < 300);
        Ok(())
    }
}
