//! Reading the file of fail2ban's own database.

use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::domain::lookup::NoHistory;

/// The longest wait for a process that writes. fail2ban's own writes take milliseconds.
pub(crate) const BUSY: Duration = Duration::from_millis(700);

/// Returns the result of `query` on the database `file`. Blocks: not for an async thread.
pub(crate) fn with_database<T>(
    file: &Path,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, NoHistory> {
    let told = |error: rusqlite::Error| {
        tracing::warn!(%error, file = %file.display(), "fail2ban's database cannot be read");
        reason(&error, file)
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(told)?;
    connection.busy_timeout(BUSY).map_err(told)?;
    query(&connection).map_err(told)
}

pub(crate) fn reason(error: &rusqlite::Error, file: &Path) -> NoHistory {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => NoHistory::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => NoHistory::Damaged,
        // SQLite does not say why it cannot open a file. We do not open it to find out: closing it
        // again would drop the locks of another look-up.
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => match std::fs::metadata(file) {
            Ok(about) if about.is_file() => NoHistory::Denied,
            Err(error) if error.kind() == io::ErrorKind::NotFound => NoHistory::Missing,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => NoHistory::Denied,
            Ok(_) | Err(_) => NoHistory::Unreadable,
        },
        _ => NoHistory::Unreadable,
    }
}
