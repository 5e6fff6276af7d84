//! The audit: who did what, when, from where, and how it ended.

mod budget;
mod retention;
mod waiting;

use std::sync::Arc;

use crate::domain::audit::{AuditLimits, AuditPage, AuditQuery, End, Entry, Outcome, Record};
use crate::domain::clock::Clock;
use crate::mutex::Mutex;
use crate::storage::{Storage, StorageError, audit};
use budget::{Budgets, Key, Verdict};
use waiting::{Queue, Waiting};

const OPEN: End = End { outcome: Outcome::Open, status: None, words: String::new() };

/// The rows of the audit. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    storage: Storage,
    clock: Clock,
    limits: AuditLimits,
    budgets: Arc<Mutex<Budgets>>,
    queue: Arc<Mutex<Queue>>,
}

/// An action that has begun, for [`Audit::end`].
#[must_use]
#[derive(Debug)]
pub(crate) enum Begun {
    /// It has a row, with this number.
    Row(i64),
    /// There were too many for a row each: it is counted in this one.
    Counted { row: i64, entry: Entry, is_logged: bool },
    /// The database failed: its row waits in memory.
    Waiting(u64),
}

impl Audit {
    /// The audit in `storage`, of which `limits` tell how much is kept.
    #[must_use]
    pub fn new(storage: Storage, clock: Clock, limits: AuditLimits) -> Self {
        Self { storage, clock, limits, budgets: Arc::default(), queue: Arc::default() }
    }

    /// Limits of what is kept.
    pub(crate) fn limits(&self) -> AuditLimits {
        self.limits
    }

    /// Number of rows that wait for the database.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().len()
    }

    /// Records that an action begins.
    ///
    /// # Errors
    /// When our database fails: then nothing is recorded.
    pub(crate) async fn begin(&self, entry: Entry) -> Result<Begun, StorageError> {
        let verdict = self.budgets.lock().take(&entry, self.clock.now());
        match verdict {
            Verdict::Row => {
                let insert = move |connection: &mut _| audit::insert(connection, &entry, &OPEN);
                Ok(Begun::Row(self.storage.call(insert).await?))
            }
            Verdict::Count { key, row, is_logged } => {
                let row = self.count(key, row, &entry, is_logged).await?;
                Ok(Begun::Counted { row, entry, is_logged })
            }
        }
    }

    /// Lets the row of an action that begins wait, because the database failed.
    pub(crate) fn begin_waiting(&self, entry: Entry) -> Begun {
        tracing::error!(?entry, "the row of an action waits for the database");
        Begun::Waiting(self.queue.lock().begin(self.clock.now(), entry, OPEN))
    }

    /// Counts a request in `row`, or in a new one. Returns which.
    async fn count(
        &self,
        key: Key,
        row: Option<i64>,
        entry: &Entry,
        is_logged: bool,
    ) -> Result<i64, StorageError> {
        if entry.account.is_some() && is_logged {
            // Of nobody's there is a line of the log where it matters, and no end.
            tracing::info!(?entry, "counted in the audit");
        }
        let counting = budget::counting_row(&key, entry);
        let write = move |connection: &mut _| match row {
            Some(row) if audit::fold(connection, row)? => Ok(row),
            Some(_) | None => audit::insert_at(connection, &counting, &OPEN, None, 1),
        };
        let row = self.storage.call(write).await?;
        self.budgets.lock().count_in(&key, row);
        Ok(row)
    }

    /// Writes how an action ended, and who did it. Returns false if that waits, because the database failed.
    pub(crate) async fn end(&self, begun: Begun, account: Option<String>, end: End) -> bool {
        match begun {
            Begun::Row(id) => {
                let (by, how) = (account.clone(), end.clone());
                let write = move |connection: &mut _| audit::finish(connection, id, by.as_deref(), &how);
                let written = self.storage.call(write).await;
                if matches!(written, Ok(true)) {
                    return true;
                }
                tracing::error!(?written, id, ?account, ?end, "the end of an action waits for the database");
                self.queue.lock().add(Waiting::End { id, account, end });
            }
            Begun::Counted { row, entry, is_logged } => {
                return self.end_counted(row, Entry { account, ..entry }, end, is_logged).await;
            }
            Begun::Waiting(row) => {
                tracing::error!(?account, ?end, "the end of an action waits for the database");
                self.queue.lock().end(row, account, end);
            }
        }
        false
    }

    /// Gives a request that was counted a row of its own if it did something, as long as there are not too many
    /// of those as well.
    async fn end_counted(&self, row: i64, entry: Entry, end: End, is_logged: bool) -> bool {
        let Some(account) = entry.account.clone() else { return true };
        let now = self.clock.now();
        if end.outcome.is_nothing_done() || !self.budgets.lock().take_done(&account, &entry.action, now) {
            if is_logged {
                tracing::info!(account, action = entry.action, ?end, "counted in the audit");
            }
            return true;
        }
        let (own, how) = (entry.clone(), end.clone());
        let written = self.storage.call(move |connection| audit::unfold(connection, row, &own, &how)).await;
        if let Err(error) = &written {
            tracing::error!(%error, ?entry, ?end, "a row waits for the database");
            self.queue.lock().add_row(now, entry, end);
        }
        written.is_ok()
    }

    /// Adds a whole row, at once or as soon as the database takes it.
    pub(crate) async fn record(&self, entry: Entry, end: End) {
        let (own, how) = (entry.clone(), end.clone());
        let written = self.storage.call(move |connection| audit::insert(connection, &own, &how)).await;
        if let Err(error) = written {
            tracing::error!(%error, ?entry, ?end, "a row waits for the database");
            self.queue.lock().add_row(self.clock.now(), entry, end);
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// When our database still fails: then it goes on waiting.
    pub(crate) async fn write_waiting(&self) -> Result<(), StorageError> {
        let due = self.queue.lock().due(self.clock.now());
        if due.is_empty() {
            return Ok(());
        }
        let rows = due.clone();
        self.storage.call(move |connection| write_all(connection, &rows)).await?;
        self.queue.lock().written(&due);
        tracing::info!(rows = due.len(), "rows that waited are in the audit");
        Ok(())
    }

    /// The page of the audit that `query` asks for.
    ///
    /// # Errors
    /// When our database fails.
    pub async fn page(&self, query: AuditQuery) -> Result<AuditPage, StorageError> {
        self.storage.read(move |connection| audit::page(connection, &query)).await
    }

    /// The accounts that have rows, up to `most`.
    ///
    /// # Errors
    /// When our database fails.
    pub(crate) async fn accounts(&self, most: u32) -> Result<Vec<String>, StorageError> {
        self.storage.read(move |connection| audit::accounts(connection, most)).await
    }

    /// The matching rows among the next `window` rows of the audit, and the number of the row before which there are
    /// older ones.
    ///
    /// # Errors
    /// When our database fails.
    pub(crate) async fn rows(
        &self,
        query: AuditQuery,
        window: usize,
    ) -> Result<(Vec<Record>, Option<i64>), StorageError> {
        self.storage.read(move |connection| audit::rows(connection, &query, window)).await
    }
}

fn write_all(connection: &mut rusqlite::Connection, rows: &[Waiting]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for row in rows {
        match row {
            Waiting::Row { at, entry, end, .. } => {
                audit::insert_at(&transaction, entry, end, Some(*at), 0)?;
            }
            Waiting::End { id, account, end } => {
                audit::finish(&transaction, *id, account.as_deref(), end)?;
            }
        }
    }
    transaction.commit()
}
