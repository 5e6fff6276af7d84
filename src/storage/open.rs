//! Opening the database file: who may read it, whose it is, which version it has.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rusqlite::{Connection, MAIN_DB, OpenFlags};
use rusqlite_migration::SchemaVersion;

use super::error::StorageError;
use super::file::{
    BUSY_TIMEOUT, FileKind, alone_in_directory, directory_of, failed_migration, failed_open, is_ours,
    unreachable,
};
use super::look::look;

/// Opens `path`, creates it when it is missing, and brings its tables up to date.
pub(crate) fn create_and_migrate(path: &Path, kind: &FileKind) -> Result<Connection, StorageError> {
    make_directory(path)?;
    let _alone = alone_in_directory(path)?;
    if !create_if_missing(path).map_err(|cause| unreachable(path, cause))? {
        look(path, kind, kind.first_look)?;
    }
    let mut connection = connect(path, kind)?;
    use_write_ahead_log(&connection, path)?;
    kind.migrations.to_latest(&mut connection).map_err(|cause| failed_migration(path, cause))?;
    // After the migrations: they may have to rebuild a table that others refer to.
    connection.pragma_update(None, "foreign_keys", true).map_err(|cause| failed_open(path, cause))?;
    Ok(connection)
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

#[cfg(test)]
mod tests;
