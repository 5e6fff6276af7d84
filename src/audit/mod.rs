//! The audit: who did what, when, from where, and how it ended.

use crate::domain::audit::{AuditPage, AuditQuery, End, Entry};
use crate::storage::{Storage, StorageError, audit};

/// The rows of the audit.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    storage: Storage,
}

impl Audit {
    /// The audit in `storage`.
    #[must_use]
    pub fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// Adds a row. Returns its number.
    ///
    /// # Errors
    /// When our database fails.
    pub(crate) async fn record(&self, entry: Entry, end: End) -> Result<i64, StorageError> {
        self.storage.call(move |connection| audit::insert(connection, &entry, &end)).await
    }

    /// Writes how the action of row `id` ended, and who did it. Returns whether there is that row.
    ///
    /// # Errors
    /// When our database fails.
    pub(crate) async fn record_end(
        &self,
        id: i64,
        account: Option<String>,
        end: End,
    ) -> Result<bool, StorageError> {
        self.storage.call(move |connection| audit::finish(connection, id, account.as_deref(), &end)).await
    }

    /// The page of the audit that `query` asks for.
    ///
    /// # Errors
    /// When our database fails.
    pub async fn page(&self, query: AuditQuery) -> Result<AuditPage, StorageError> {
        self.storage.call(move |connection| audit::page(connection, &query)).await
    }
}
