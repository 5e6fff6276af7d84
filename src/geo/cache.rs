//! The cache of answers from providers on the network: how long each is valid, and how well the
//! cache serves.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::geo::place::NetworkProvider;
use crate::storage::geo_cache::{CacheFigures, Entry, MOST, Outcome};
use crate::storage::{Storage, StorageError, geo_cache};

/// Time for which a failure is kept, so that the same is not asked again at once.
pub(crate) const FAILURE_KEPT: Duration = Duration::from_mins(5);

/// Cache entries by address.
pub(crate) type Kept = HashMap<IpAddr, Vec<Entry>>;

/// The cache.
#[derive(Debug)]
pub(crate) struct Cache {
    storage: Storage,
    pub(crate) clock: Clock,
    good_for: Duration,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) failures: AtomicU64,
}

impl Cache {
    /// The cache in `storage`, whose answers are asked for again when they are older than `good_for`.
    pub(crate) fn new(storage: Storage, clock: Clock, good_for: Duration) -> Self {
        Self {
            storage,
            clock,
            good_for,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// Reads the entries of `addresses`.
    pub(crate) async fn entries_of(&self, addresses: Vec<IpAddr>) -> Result<Kept, StorageError> {
        let read = move |connection: &mut rusqlite::Connection| {
            addresses
                .into_iter()
                .map(|address| Ok((address, geo_cache::entries_of(connection, address)?)))
                .collect()
        };
        self.storage.call(read).await
    }

    /// Returns true if `provider` is to be asked again, or for the first time.
    pub(crate) fn is_due(&self, entries: &[Entry], provider: NetworkProvider) -> bool {
        let Some(entry) = entries.iter().find(|entry| entry.provider == provider) else { return true };
        let kept = if entry.failure.is_some() { FAILURE_KEPT } else { self.good_for };
        !self.is_younger(entry.asked_at, kept)
    }

    /// Returns true if an answer of time `at` is recent enough not to be asked for again.
    pub(crate) fn is_good(&self, at: i64) -> bool {
        self.is_younger(at, self.good_for)
    }

    /// Returns why `provider` was last asked in vain; `None` where there was no failure or it may
    /// be asked again.
    pub(crate) fn recent_failure(&self, entries: &[Entry], provider: NetworkProvider) -> Option<String> {
        let entry = entries.iter().find(|entry| entry.provider == provider)?;
        entry.failure.clone().filter(|_| self.is_younger(entry.asked_at, FAILURE_KEPT))
    }

    fn is_younger(&self, at: i64, age: Duration) -> bool {
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        // What comes from the future was kept before somebody set the clock back.
        (at..at.saturating_add(age)).contains(&self.clock.now())
    }

    /// Keeps what became of some questions.
    pub(crate) async fn store(
        &self,
        provider: NetworkProvider,
        outcomes: Vec<Outcome>,
    ) -> Result<(), StorageError> {
        let now = self.clock.now();
        let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
        self.failures.fetch_add(failed as u64, Ordering::Relaxed);
        self.storage
            .call(move |connection| geo_cache::insert(connection, provider, now, &outcomes, MOST))
            .await
    }

    /// Removes all entries, and returns how many there were.
    pub(crate) async fn empty(&self) -> Result<usize, StorageError> {
        self.storage.call(|connection| geo_cache::empty(connection)).await
    }

    /// Removes the latest `most` failures of `provider`, and returns their addresses and the number
    /// of its failures that are left.
    pub(crate) async fn forget_failures(
        &self,
        provider: NetworkProvider,
        most: usize,
    ) -> Result<(Vec<IpAddr>, usize), StorageError> {
        self.storage.call(move |connection| geo_cache::forget_failures(connection, provider, most)).await
    }

    /// The cache in numbers.
    pub(crate) async fn figures(&self) -> Result<CacheFigures, StorageError> {
        self.storage.call(|connection| geo_cache::figures(connection)).await
    }
}
