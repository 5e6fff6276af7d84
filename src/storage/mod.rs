//! Our own SQLite database: accounts, sessions and the key that signs cookies. One file of
//! queries for each table; fail2ban's database is another matter and not touched here.

pub mod accounts;
pub(crate) mod administration;
pub mod audit;
pub(crate) mod backup;
pub(crate) mod by_proxy;
pub(crate) mod columns;
pub(crate) mod error;
pub(crate) mod file;
pub mod geo_cache;
pub(crate) mod history;
pub(crate) mod ignored_everywhere;
pub(crate) mod in_use;
pub(crate) mod kept_ignores;
pub(crate) mod known_addresses;
pub mod logins;
pub(crate) mod look;
pub(crate) mod notices;
pub(crate) mod open;
pub(crate) mod parts;
pub(crate) mod passkeys;
pub(crate) mod restore;
pub mod second_factor;
pub mod secrets;
pub(crate) mod self_service;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod swap;
pub(crate) mod timed_bans;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rustix::fs::{Access, access};

pub(crate) use error::StorageError;
use file::{Depth, FileKind};
pub(crate) use in_use::InUse;

/// The open database. Clones share one connection, whose queries take microseconds, and another that only reads,
/// for those that take longer.
#[derive(Debug, Clone)]
pub struct Storage {
    connection: Arc<Mutex<Connection>>,
    /// Number of calls, for tests of how much work something is.
    #[cfg(test)]
    calls: Arc<std::sync::atomic::AtomicUsize>,
    reader: Arc<tokio::sync::Mutex<Connection>>,
}

impl Storage {
    /// Makes the directory of the database at `path`, if it is missing, for this user alone.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn make_directory(path: &Path) -> Result<(), StorageError> {
        open::make_directory(path)
    }

    /// Opens the database at `path`, and creates or migrates it and its directory if needed. Blocks; meant for the start of the
    /// program.
    ///
    /// # Errors
    /// The directory cannot be made, or the file is not ours, cannot be written, or comes from a newer version of
    /// this program.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        Self::open_kind(path, &file::MAIN)
    }

    /// Opens the record of bans at `path` in the same way.
    pub(crate) fn open_history(path: &Path) -> Result<Self, StorageError> {
        Self::open_kind(path, &file::HISTORY)
    }

    fn open_kind(path: &Path, kind: &FileKind) -> Result<Self, StorageError> {
        let connection = open::create_and_migrate(path, kind)?;
        let reader = Arc::new(tokio::sync::Mutex::new(open::connect_to_read(path, kind)?));
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            #[cfg(test)]
            calls: Arc::default(),
            reader,
        })
    }

    /// The number of calls until now.
    #[cfg(test)]
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Marks the database at `path` as that of a running server. To be held as long as it runs.
    ///
    /// # Errors
    /// Another server has it, or it is not ours.
    pub(crate) fn serve(path: &Path) -> Result<InUse, StorageError> {
        InUse::serve(path, &file::MAIN)
    }

    /// As [`Storage::open`], but creates nothing.
    ///
    /// # Errors
    /// As [`Storage::open`], and if there is no file.
    pub(crate) fn open_existing(path: &Path) -> Result<Self, StorageError> {
        if path.try_exists().is_ok_and(|exists| !exists) {
            return Err(StorageError::Missing(path.to_owned()));
        }
        Self::open(path)
    }

    /// Checks that [`Storage::open`] would find a database of ours at `path`. Changes nothing.
    ///
    /// # Errors
    /// As [`Storage::open`], and if there is no file.
    pub(crate) fn probe(path: &Path) -> Result<(), StorageError> {
        Self::probe_kind(path, &file::MAIN)
    }

    /// Checks the record of bans at `path` in the same way. There may be none.
    pub(crate) fn probe_history(path: &Path) -> Result<(), StorageError> {
        match Self::probe_kind(path, &file::HISTORY) {
            Err(StorageError::Missing(_)) => Ok(()),
            found => found,
        }
    }

    fn probe_kind(path: &Path, kind: &FileKind) -> Result<(), StorageError> {
        if path.try_exists().is_ok_and(|exists| !exists) {
            return Err(StorageError::Missing(path.to_owned()));
        }
        look::look_alone(path, kind, Depth::Quick)?;
        access(path, Access::WRITE_OK).map_err(|_| StorageError::ReadOnly(path.to_owned()))
    }

    /// Runs `work` with the connection, on a thread that may block. Once begun it runs to its end, even if the
    /// caller no longer waits.
    ///
    /// # Errors
    /// The error that `work` returns, and [`StorageError::Interrupted`] if it panicked.
    pub async fn call<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        F: FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
        T: Send + 'static,
    {
        #[cfg(test)]
        self.calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let connection = Arc::clone(&self.connection);
        let result = tokio::task::spawn_blocking(move || {
            // A panic inside `work` dropped its transaction, which rolled it back.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection)
        });
        Ok(result.await.map_err(|_| StorageError::Interrupted)??)
    }

    /// Runs `work`, which only reads and may take a while, with a connection of its own: nobody waits for it
    /// but others who read at length.
    ///
    /// # Errors
    /// As [`Storage::call`].
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        F: FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
        T: Send + 'static,
    {
        // Waited for here and not on a thread, of which there are not many.
        let mut reader = Arc::clone(&self.reader).lock_owned().await;
        let result = tokio::task::spawn_blocking(move || work(&mut reader));
        Ok(result.await.map_err(|_| StorageError::Interrupted)??)
    }
}

/// Makes a new database, which lives as long as the directory beside it.
#[cfg(test)]
pub(crate) fn temporary() -> Result<(tempfile::TempDir, Storage), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let storage = Storage::open(&directory.path().join("bangui.sqlite3"))?;
    Ok((directory, storage))
}
