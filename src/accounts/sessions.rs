//! The sessions of accounts: their lives and their ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::AccountId;
use crate::domain::clock::Clock;
use crate::domain::session::{Device, OwnSession, SessionLimits, SessionNumber};
use crate::mutex::Mutex;
use crate::storage::sessions::{self, Alive, KeyHash, Login, SessionRow, StoredSession};
use crate::storage::{Storage, StorageError};

/// The longest time for which a use of a session may stay unwritten.
const MOST_UNWRITTEN: Duration = Duration::from_mins(1);
/// The same as a part of the time that an unused session lives: the shorter of the two counts.
const SHARE_OF_IDLE: u32 = 30;

/// The sessions in our database. Clones share them.
#[derive(Clone)]
pub(crate) struct Sessions {
    storage: Storage,
    clock: Clock,
    limits: SessionLimits,
    unwritten: Arc<Mutex<Unwritten>>,
}

/// States of sessions that the database did not take, such as a message for the next page: they are in memory
/// until it takes one again.
type Unwritten = HashMap<KeyHash, String>;

/// The most of them.
const MOST_UNWRITTEN_STATES: usize = 1_000;

impl Sessions {
    /// Opens the sessions in `storage`, which live as long as `limits` say by `clock`.
    #[must_use]
    pub fn new(storage: Storage, clock: Clock, limits: SessionLimits) -> Self {
        Self { storage, clock, limits, unwritten: Arc::default() }
    }

    /// The clock that they live by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn alive(&self) -> Alive {
        Alive { now: self.clock.now(), limits: self.limits }
    }

    /// Looks a session up by its key. `None` if it has ended.
    pub async fn find(&self, key: KeyHash) -> Result<Option<StoredSession>, StorageError> {
        let alive = self.alive();
        let found = self.storage.call(move |connection| sessions::find(connection, &key, alive)).await?;
        let state = self.unwritten.lock().get(&key).cloned();
        Ok(found.map(|found| match state {
            Some(state) => StoredSession { state, ..found },
            None => found,
        }))
    }

    /// Records that the session of `login` was used from `device`, unless that was recorded just now. A page
    /// that asks by itself is no use, but where it is and with which browser is recorded all the same.
    pub(crate) async fn mark_used(
        &self,
        login: &Login,
        device: Device,
        is_use: bool,
    ) -> Result<(), StorageError> {
        let address = device.address.map(|address| address.to_string());
        let is_known = (&login.address, &login.agent) == (&address, &device.agent);
        let (alive, number) = (self.alive(), login.number);
        if is_known && (!is_use || alive.now < login.used + self.use_precision()) {
            return Ok(());
        }
        let write = move |connection: &mut _| sessions::mark_used(connection, number, &device, is_use, alive);
        self.storage.call(write).await
    }

    /// Seconds for which a use may stay unwritten, so that not every request writes. A session may end
    /// early by as much.
    fn use_precision(&self) -> i64 {
        let share = self.limits.idle / SHARE_OF_IDLE;
        i64::try_from(share.min(MOST_UNWRITTEN).as_secs()).unwrap_or(i64::MAX)
    }

    /// The sessions of `account`, the last used first.
    pub(crate) async fn of_account(&self, account: AccountId) -> Result<Vec<OwnSession>, StorageError> {
        let alive = self.alive();
        self.storage.call(move |connection| sessions::of_account(connection, account, alive)).await
    }

    /// Ends a session of `account`. Returns false if it has no such session.
    pub async fn end(&self, account: AccountId, number: SessionNumber) -> Result<bool, StorageError> {
        self.storage.call(move |connection| sessions::delete_of(connection, account, number)).await
    }

    /// Ends every session of `account` but `stays`. Returns how many.
    pub(crate) async fn end_others(
        &self,
        account: AccountId,
        stays: SessionNumber,
    ) -> Result<usize, StorageError> {
        self.storage.call(move |connection| sessions::delete_all(connection, account, Some(stays))).await
    }

    /// Ends every session of `account`. Returns how many.
    pub(crate) async fn end_all(&self, account: AccountId) -> Result<usize, StorageError> {
        self.storage.call(move |connection| sessions::delete_all(connection, account, None)).await
    }

    /// Removes the sessions that have expired. Returns how many.
    pub(crate) async fn sweep(&self) -> Result<usize, StorageError> {
        let alive = self.alive();
        let removed =
            self.storage.call(move |connection| sessions::delete_expired(connection, alive)).await?;
        // It can be written again. A message that nobody has read by now is not read any more.
        self.unwritten.lock().clear();
        Ok(removed)
    }

    /// Adds a session. Fails if its account no longer exists.
    pub async fn add(&self, key: KeyHash, session: SessionRow) -> Result<(), StorageError> {
        let now = self.clock.now();
        self.storage.call(move |connection| sessions::insert(connection, &key, &session, now)).await
    }

    /// Replaces the state of a session. Returns false if it has ended; it is not brought back. Where the
    /// database cannot be written the state is kept in memory: what was done has to be told all the same.
    pub(crate) async fn update(&self, key: KeyHash, state: String) -> Result<bool, StorageError> {
        let alive = self.alive();
        let written = state.clone();
        let update = move |connection: &mut _| sessions::update(connection, &key, &written, alive);
        let updated = self.storage.call(update).await;
        let mut unwritten = self.unwritten.lock();
        match updated {
            Ok(_) => drop(unwritten.remove(&key)),
            Err(StorageError::Query(error)) if unwritten.len() < MOST_UNWRITTEN_STATES => {
                tracing::warn!(%error, "the state of a session is in memory alone");
                unwritten.insert(key, state);
                return Ok(true);
            }
            Err(_) => {}
        }
        updated
    }

    /// Ends the session with that key.
    pub(crate) async fn end_by_key(&self, key: KeyHash) -> Result<(), StorageError> {
        self.storage.call(move |connection| sessions::delete(connection, &key)).await
    }
}
