//! Errors of our database.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The reason that the database cannot be used. The text is for the log and the terminal, and says what to
/// do.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The directory of the file is missing and cannot be made.
    #[error("the directory {} for the database cannot be made: {cause}", directory.display())]
    NoDirectory {
        /// The directory.
        directory: PathBuf,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
    /// The file does not exist and is not to be created.
    #[error("there is no database at {0} yet: `bangui serve` creates it")]
    Missing(PathBuf),
    /// The file could not be created, or this user may not access it.
    #[error("cannot reach the database {path}: {cause}")]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The file could not be opened or read.
    #[error("cannot open the database {path}: {cause}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        cause: rusqlite::Error,
    },
    /// The file has no content.
    #[error(
        "the database {0} is empty: put a backup back with `bangui restore`, or remove the file to begin anew"
    )]
    Empty(PathBuf),
    /// It is no file.
    #[error("{0} is a directory: name a file in it")]
    Directory(PathBuf),
    /// The file can be reached by two names, beside each of which SQLite would keep a log of its own.
    #[error(
        "the database {0} has a second name (a hard link), and would be damaged if two programs used it by both: remove \
         the other name, or use a copy"
    )]
    SecondName(PathBuf),
    /// The file is not one of SQLite.
    #[error("{0} is no database: name another file, or put a backup back with `bangui restore`")]
    NoDatabase(PathBuf),
    /// The file is one of SQLite, but what it holds is not whole.
    #[error(
        "the database {0} is damaged and was not changed: put a backup back with `bangui restore`, or move the file \
         away to begin anew"
    )]
    Damaged(PathBuf),
    /// A server uses it, or another program has it open.
    #[error("the database {0} is in use: stop the `bangui serve`, or other program, that has it open")]
    InUse(PathBuf),
    /// The file is read-only.
    #[error("the database {0} cannot be written: give this user the right to write it")]
    ReadOnly(PathBuf),
    /// The file is a database of another program.
    #[error("{0} is a database of another program: name another file")]
    NotOurs(PathBuf),
    /// A newer version of this program made the database.
    #[error("the database {0} was made by a newer version of BanGUI: use that version")]
    NewerVersion(PathBuf),
    /// The file system does not support what a write-ahead log needs.
    #[error("{0} is on a file system without shared memory: put the database on a local disk")]
    NoWriteAheadLog(PathBuf),
    /// The tables could not be brought up to date.
    #[error("cannot update the database {path}: {cause}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The error of the migration.
        cause: rusqlite_migration::Error,
    },
    /// A query failed.
    #[error("the database failed: {0}")]
    Query(#[from] rusqlite::Error),
    /// A query ended without a result: it panicked, or the program is about to end.
    #[error("the database query was interrupted")]
    Interrupted,
}
