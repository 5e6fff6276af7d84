//! A copy of a database that is in use, as of one moment.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::error::StorageError;
use super::file::{Depth, FileKind, HISTORY, MAIN};
use super::look::look_alone;
use super::open::connect;
use super::parts::part_beside;
use super::swap::{self, Swap, SwapError};

/// Reason why there is no backup.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// Our database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file of that name is there.
    #[error("{} exists: name another file, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// It would replace what it is a copy of.
    #[error("{} is the database itself: name another file", .0.display())]
    Itself(PathBuf),
    /// SQLite takes paths as text.
    #[error("{} is no text in UTF-8: name another file", .0.display())]
    NoText(PathBuf),
    /// The copy could not be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// SQLite could not write the copy.
    #[error("the backup {} failed: {cause}", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        cause: rusqlite::Error,
    },
}

impl From<SwapError> for BackupError {
    fn from(SwapError { path, cause }: SwapError) -> Self {
        Self::Write { path, cause }
    }
}

/// A database, and what it is copied to or from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// The file that BanGUI uses.
    pub(crate) database: &'a Path,
    /// The other one.
    pub(crate) backup: &'a Path,
}

/// What a database holds, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Contents {
    /// Number of accounts.
    pub(crate) accounts: u64,
    /// Number of rows of the audit.
    pub(crate) audit: u64,
    /// Number of recorded bans; `None` where there is no record.
    pub(crate) bans: Option<u64>,
    /// Size of the files.
    pub(crate) bytes: u64,
}

/// Tells them as `2 accounts, 120 audit rows, 4711 recorded bans, 1.2 MB`.
impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number, one| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
        write!(f, "{}, {}, ", count(self.accounts, "account"), count(self.audit, "audit row"))?;
        match self.bans {
            Some(bans) => write!(f, "{}, ", count(bans, "recorded ban"))?,
            None => write!(f, "no record of bans, ")?,
        }
        let tenths = self.bytes.div_ceil(100_000);
        write!(f, "{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// Copies the main database and, if there is one, the record of bans. The files are complete, and on the disk, before
/// they get their names.
pub(crate) fn back_up(main: Pair<'_>, history: Pair<'_>, overwrite: bool) -> Result<Contents, BackupError> {
    let from = [main.database, history.database];
    for to in [main.backup, history.backup] {
        if from.iter().any(|from| is_same(from, to)) {
            return Err(BackupError::Itself(to.to_owned()));
        }
        if !overwrite && to.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(to.to_owned()));
        }
    }
    let copied = copy(main, &MAIN)?;
    end_sessions(copied.path()).map_err(|cause| failed(main.backup, cause))?;
    let of_history = match copy(history, &HISTORY) {
        Err(BackupError::Storage(StorageError::Missing(_))) => None,
        copied => Some(copied?),
    };
    let mut contents = Contents::default();
    contents.add_main(copied.path()).map_err(|cause| failed(main.backup, cause))?;
    if let Some(copied) = &of_history {
        contents.add_history(copied.path()).map_err(|cause| failed(history.backup, cause))?;
    }
    // Where there is none, whoever restores this would get a record of another day with it.
    let swaps =
        vec![Swap::forgetting(history.backup, of_history)?, Swap::forgetting(main.backup, Some(copied))?];
    swap::all(swaps, overwrite)?;
    Ok(contents)
}

/// Copies one database to a file without a name of its own yet.
fn copy(Pair { database, backup }: Pair<'_>, kind: &FileKind) -> Result<NamedTempFile, BackupError> {
    look_alone(database, kind, Depth::Full)?;
    let reading = connect(database, kind)?;
    let copy = part_beside(backup).map_err(|cause| unwritten(backup, cause))?;
    let path = copy.path().to_str().ok_or_else(|| BackupError::NoText(copy.path().to_owned()))?;
    // One reading transaction, in which nobody is kept from writing; what was deleted does not come along.
    reading.execute("VACUUM INTO ?1", [path]).map_err(|cause| failed(backup, cause))?;
    Ok(copy)
}

/// Removes all sessions of the database at `path`, which nobody uses: those that were ended since would be back.
pub(crate) fn end_sessions(path: &Path) -> rusqlite::Result<usize> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.execute("DELETE FROM sessions", [])
}

/// Returns true if both are names of one file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path| fs::metadata(path).map(|about| (about.dev(), about.ino()));
    matches!((file(one), file(other)), (Ok(one), Ok(other)) if one == other)
}

impl Contents {
    /// Counts the main database at `path`.
    pub(crate) fn add_main(&mut self, path: &Path) -> rusqlite::Result<()> {
        let connection = Connection::open(path)?;
        self.accounts = count(&connection, "accounts")?;
        self.audit = count(&connection, "audit")?;
        self.add_size(path);
        Ok(())
    }

    /// Counts the record of bans at `path`.
    pub(crate) fn add_history(&mut self, path: &Path) -> rusqlite::Result<()> {
        self.bans = Some(count(&Connection::open(path)?, "bans")?);
        self.add_size(path);
        Ok(())
    }

    fn add_size(&mut self, path: &Path) {
        self.bytes += fs::metadata(path).map_or(0, |about| about.len());
    }
}

/// Counts the rows of a table, which an early version may not have.
fn count(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    if connection.query_row(sql, [table], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
}

fn unwritten(path: &Path, cause: io::Error) -> BackupError {
    BackupError::Write { path: path.to_owned(), cause }
}

fn failed(path: &Path, cause: rusqlite::Error) -> BackupError {
    BackupError::Copy { path: path.to_owned(), cause }
}
