//! The files of our databases: which kinds there are, and what holds for each of them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::error::StorageError;

/// How closely a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whose it is, and its version.
    Mark,
    /// Whether every row can be read as what it is: a second for 100 MB.
    Quick,
    /// Whether the indexes agree with their tables, too.
    Full,
}

/// A kind of database file.
#[derive(Debug)]
pub(crate) struct FileKind {
    /// The mark that the first migration writes into the header of the file.
    pub(crate) mark: i32,
    /// The migrations, from an empty file to today's tables. They are only ever added to.
    pub(crate) migrations: Migrations<'static>,
    /// How closely it is looked at before it is used.
    pub(crate) first_look: Depth,
}

/// The main database.
pub(crate) const MAIN: FileKind =
    FileKind { mark: 0x4247_5549, migrations: Migrations::from_slice(STEPS), first_look: Depth::Quick };
/// The record of bans. It may be large, and nothing else is lost with it.
pub(crate) const HISTORY: FileKind = FileKind {
    mark: 0x4247_4849,
    migrations: Migrations::from_slice(HISTORY_STEPS),
    first_look: Depth::Mark,
};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_accounts_and_sessions.sql")),
    M::up(include_str!("../../migrations/0002_kept_ignore_entries.sql")),
    M::up(include_str!("../../migrations/0003_audit.sql")),
    M::up(include_str!("../../migrations/0004_roles_second_factor_and_sessions.sql")),
    M::up(include_str!("../../migrations/0005_geo_cache.sql")),
    M::up(include_str!("../../migrations/0006_floods.sql")),
    M::up(include_str!("../../migrations/0007_proofs_and_notices.sql")),
    M::up(include_str!("../../migrations/0008_passkeys.sql")),
    M::up(include_str!("../../migrations/0009_timed_bans.sql")),
    M::up(include_str!("../../migrations/0010_audit_questions.sql")),
    M::up(include_str!("../../migrations/0011_ignored_everywhere.sql")),
    M::up(include_str!("../../migrations/0012_accounts_by_proxy.sql")),
];
const HISTORY_STEPS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/history/0001_bans.sql")),
    M::up(include_str!("../../migrations/history/0002_kept.sql")),
];

/// The longest time a query waits for another process, such as `bangui user add` beside the server.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits until no other process opens or replaces a database in the directory of `path`. SQLite does not wait when two
/// change the log mode at once, and two would do the same migration. The lock ends with the file handle.
pub(crate) fn alone_in_directory(path: &Path) -> Result<File, StorageError> {
    let failed = |cause| unreachable(path, cause);
    let directory = File::open(directory_of(path)).map_err(failed)?;
    directory.lock().map_err(failed)?;
    Ok(directory)
}

/// The name of the file itself, where `path` leads to it through links; of one that is missing, in its directory.
pub(crate) fn itself(path: &Path) -> PathBuf {
    let in_directory = || Some(fs::canonicalize(directory_of(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_directory).unwrap_or_else(|| path.to_owned())
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Returns true if the file has our mark, or nothing at all.
pub(crate) fn is_ours(connection: &Connection, kind: &FileKind) -> rusqlite::Result<bool> {
    // One transaction, or another process could create the tables between the two questions.
    let reading = connection.unchecked_transaction()?;
    let mark: i32 = reading.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = reading.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(mark == kind.mark || (mark == 0 && tables == 0))
}

pub(crate) fn unreachable(path: &Path, cause: io::Error) -> StorageError {
    StorageError::Unreachable { path: path.to_owned(), cause }
}

pub(crate) fn failed_open(path: &Path, cause: rusqlite::Error) -> StorageError {
    StorageError::Open { path: path.to_owned(), cause }
}

pub(crate) fn failed_migration(path: &Path, cause: rusqlite_migration::Error) -> StorageError {
    StorageError::Migrate { path: path.to_owned(), cause }
}

#[cfg(test)]
mod kept;
