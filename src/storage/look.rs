//! A look at a database file before it is opened for writing: whether it is ours, whole, and not from the future. What
//! is damaged is kept as it is, for whoever may still save something of it, so looking leaves no trace.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::SchemaVersion;

use super::error::StorageError;
use super::file::{
    BUSY_TIMEOUT, Depth, FileKind, alone_in_directory, failed_migration, is_ours, unreachable,
};

/// Looks at the file at `path`. Returns a connection that reads it.
///
/// # Errors
/// There is no file, or it is not one that [`super::Storage::open`] would use.
pub(crate) fn look(path: &Path, kind: &FileKind, depth: Depth) -> Result<Connection, StorageError> {
    let about = fs::metadata(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => StorageError::Missing(path.to_owned()),
        _ => unreachable(path, cause),
    })?;
    if about.is_dir() {
        return Err(StorageError::Directory(path.to_owned()));
    }
    if about.nlink() > 1 {
        return Err(StorageError::SecondName(path.to_owned()));
    }
    if about.len() == 0 {
        return Err(StorageError::Empty(path.to_owned()));
    }
    let failed = |cause| told(path, cause);
    let connection = open_without_trace(path).map_err(failed)?;
    let ours = is_ours(&connection, kind).map_err(failed)?;
    let version =
        kind.migrations.current_version(&connection).map_err(|cause| failed_migration(path, cause))?;
    if !ours {
        return Err(StorageError::NotOurs(path.to_owned()));
    }
    if matches!(version, SchemaVersion::Outside(_)) {
        return Err(StorageError::NewerVersion(path.to_owned()));
    }
    let check = match depth {
        Depth::Mark => return Ok(connection),
        Depth::Quick => "PRAGMA quick_check(1)",
        Depth::Full => "PRAGMA integrity_check(1)",
    };
    let answer: String = connection.query_row(check, [], |row| row.get(0)).map_err(failed)?;
    if answer == "ok" { Ok(connection) } else { Err(StorageError::Damaged(path.to_owned())) }
}

/// As [`look`], while no other process begins to use the file.
pub(crate) fn look_alone(path: &Path, kind: &FileKind, depth: Depth) -> Result<(), StorageError> {
    let _alone = alone_in_directory(path)?;
    look(path, kind, depth).map(drop)
}

/// Opens the file for reading. SQLite makes files beside one that has a write-ahead log even then, unless it is told
/// that nobody writes, as is so where no log is there.
fn open_without_trace(path: &Path) -> rusqlite::Result<Connection> {
    let is_at_rest = !has_beside(path, "-wal") && !has_beside(path, "-journal");
    let name = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let uri = format!("file:{name}?mode=ro{}", if is_at_rest { "&immutable=1" } else { "" });
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// The file that SQLite keeps beside that at `path`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn has_beside(path: &Path, ending: &str) -> bool {
    beside(path, ending).symlink_metadata().is_ok()
}

fn told(path: &Path, cause: rusqlite::Error) -> StorageError {
    let path = path.to_owned();
    match cause.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StorageError::NoDatabase(path),
        Some(ErrorCode::DatabaseCorrupt) => StorageError::Damaged(path),
        _ => StorageError::Open { path, cause },
    }
}
