//! Opening the database file: who may read it, whose it is, which version it has.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, MAIN_DB, OpenFlags};
use rusqlite_migration::{M, Migrations, SchemaVersion};

use super::error::StorageError;
use super::look::{Depth, look};

/// A kind of database file.
#[derive(Debug)]
pub(crate) struct FileKind {
    /// The mark that the first migration writes into the header of the file.
    pub(crate) mark: i32,
    /// The migrations, from an empty file to today's tables. They are only ever added to.
    pub(crate) migrations: Migrations<'static>,
}

/// The main database.
pub(crate) const MAIN: FileKind = FileKind { mark: 0x4247_5549, migrations: Migrations::from_slice(STEPS) };
/// The record of bans.
pub(crate) const HISTORY: FileKind =
    FileKind { mark: 0x4247_4849, migrations: Migrations::from_slice(HISTORY_STEPS) };

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
];
const HISTORY_STEPS: &[M<'static>] = &[M::up(include_str!("../../migrations/history/0001_bans.sql"))];

/// The longest time a query waits for another process, such as `bangui user add` beside the server.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens `path`, creates it when it is missing, and brings its tables up to date.
pub(crate) fn create_and_migrate(path: &Path, kind: &FileKind) -> Result<Connection, StorageError> {
    make_directory(path)?;
    let _alone = alone_in_directory(path)?;
    if !create_if_missing(path).map_err(|cause| unreachable(path, cause))? {
        look(path, kind, Depth::Quick)?;
    }
    let mut connection = connect(path, kind)?;
    use_write_ahead_log(&connection, path)?;
    kind.migrations.to_latest(&mut connection).map_err(|cause| failed_migration(path, cause))?;
    // After the migrations: they may have to rebuild a table that others refer to.
    connection.pragma_update(None, "foreign_keys", true).map_err(|cause| failed_open(path, cause))?;
    Ok(connection)
}

/// Waits until no other process opens or replaces a database in the directory of `path`. SQLite does not wait when two
/// change the log mode at once, and two would do the same migration. The lock ends with the file handle.
pub(crate) fn alone_in_directory(path: &Path) -> Result<File, StorageError> {
    let failed = |cause| unreachable(path, cause);
    let directory = File::open(directory_of(path)).map_err(failed)?;
    directory.lock().map_err(failed)?;
    Ok(directory)
}

/// Opens the file at `path`, which must exist and be ours, or empty. Changes nothing in it.
pub(crate) fn connect(path: &Path, kind: &FileKind) -> Result<Connection, StorageError> {
    let exists = path.try_exists().map_err(|cause| unreachable(path, cause))?;
    if !exists {
        return Err(StorageError::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|cause| failed_open(path, cause))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|cause| failed_open(path, cause))?;
    let ours = is_ours(&connection, kind).map_err(|cause| failed_open(path, cause))?;
    // SQLite opens what it may not write for reading, without a word.
    let read_only = connection.is_readonly(MAIN_DB).map_err(|cause| failed_open(path, cause))?;
    let version =
        kind.migrations.current_version(&connection).map_err(|cause| failed_migration(path, cause))?;
    if !ours {
        Err(StorageError::NotOurs(path.to_owned()))
    } else if matches!(version, SchemaVersion::Outside(_)) {
        Err(StorageError::NewerVersion(path.to_owned()))
    } else if read_only {
        Err(StorageError::ReadOnly(path.to_owned()))
    } else {
        Ok(connection)
    }
}

/// Opens the file at `path` once more, to read what others write.
pub(crate) fn connect_to_read(path: &Path, kind: &FileKind) -> Result<Connection, StorageError> {
    let connection = connect(path, kind)?;
    connection.pragma_update(None, "query_only", true).map_err(|cause| failed_open(path, cause))?;
    Ok(connection)
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Makes the directory of `path`, and those above it that are missing, for this user alone.
pub(crate) fn make_directory(path: &Path) -> Result<(), StorageError> {
    let directory = directory_of(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|cause| StorageError::NoDirectory { directory: directory.to_owned(), cause })
}

/// Creates the file for this user alone. SQLite gives its log the same rights. Returns false if it is there.
fn create_if_missing(path: &Path) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
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

/// Turns the write-ahead log on: readers and the writer do not wait for each other, nor commits for the disk.
/// A power cut can cost the last commits (a login or two), never the database.
fn use_write_ahead_log(connection: &Connection, path: &Path) -> Result<(), StorageError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|cause| failed_open(path, cause))?;
    if mode != "wal" {
        return Err(StorageError::NoWriteAheadLog(path.to_owned()));
    }
    connection.pragma_update(None, "synchronous", "normal").map_err(|cause| failed_open(path, cause))
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
#[cfg(test)]
mod tests;
