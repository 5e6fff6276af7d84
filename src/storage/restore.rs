//! A backup in the place of the database.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::backup::{Contents, end_sessions};
use super::error::StorageError;
use super::file::{BUSY_TIMEOUT, Depth, FileKind, HISTORY, MAIN, alone_in_directory};
use super::in_use::InUse;
use super::look::{beside, look};
use super::parts::part_beside;
use super::swap::{self, Swap, SwapError};

/// Reason why nothing was restored. The database is as it was.
#[derive(Debug, Error)]
pub(crate) enum RestoreError {
    /// The present database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The backup cannot be read.
    #[error("the backup {} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The backup cannot be used.
    #[error("the backup {} cannot be used: it {why}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Reason, as the end of a sentence.
        why: &'static str,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
}

impl From<SwapError> for RestoreError {
    fn from(SwapError { path, cause }: SwapError) -> Self {
        Self::Write { path, cause }
    }
}

/// A file of a backup, open for reading, and where it goes.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    file: File,
}

impl Source {
    /// Opens the backup at `path`; `None` if there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is no complete file by itself.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, RestoreError> {
        let unfit = |why| RestoreError::Unfit { path: path.to_owned(), why };
        if path.is_dir() {
            return Err(unfit("is a directory: name the file in it"));
        }
        for log in ["-wal", "-journal"] {
            if fs::metadata(beside(path, log)).is_ok_and(|about| about.len() > 0) {
                let why = "is a part of a database that is in use, or was when it was copied: take one that \
                           `bangui backup` made";
                return Err(unfit(why));
            }
        }
        match File::open(path) {
            Ok(file) => Ok(Some(Self { path: path.to_owned(), file })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(RestoreError::Read { path: path.to_owned(), cause }),
        }
    }

    /// The error for a backup that cannot be used.
    fn unfit(&self, error: StorageError) -> RestoreError {
        use StorageError as E;
        let why = match error {
            E::Empty(_) => "is empty",
            E::NoDatabase(_) => "is no database",
            E::Damaged(_) => "is damaged",
            E::NotOurs(_) => "is a database of another program",
            E::NewerVersion(_) => "was made by a newer version of BanGUI: use that version",
            other => return other.into(),
        };
        RestoreError::Unfit { path: self.path.clone(), why }
    }
}

/// What was restored.
#[derive(Debug)]
pub(crate) struct Restored {
    /// What the database holds now.
    pub(crate) contents: Contents,
    /// The names of the files of before.
    pub(crate) kept: Vec<PathBuf>,
}

/// Puts the backups in the places of `database` and `history`, and keeps what was there under a name with the `stamp`.
/// A record of bans that the backup lacks stays.
pub(crate) fn restore(
    (main, database): (&Source, &Path),
    (of_history, history): (Option<&Source>, &Path),
    stamp: &str,
) -> Result<Restored, RestoreError> {
    let _in_use = InUse::hold(database)?;
    let fresh = ready(main, database, &MAIN)?;
    end_sessions(fresh.path()).map_err(|_| main.unfit(StorageError::Damaged(main.path.clone())))?;
    let fresh_history = match of_history {
        Some(source) => Some(ready(source, history, &HISTORY)?),
        None => None,
    };
    let mut contents = Contents::default();
    contents.add_main(fresh.path()).map_err(StorageError::from)?;
    let _alone = alone_in_directory(database)?;
    at_rest(database, &MAIN)?;
    let mut fresh_ones = vec![(fresh, database)];
    if let Some(fresh) = fresh_history {
        contents.add_history(fresh.path()).map_err(StorageError::from)?;
        at_rest(history, &HISTORY)?;
        fresh_ones.insert(0, (fresh, history));
    }
    let stamp = unused(stamp, &[database, history]);
    let swaps = fresh_ones.into_iter().map(|(fresh, path)| swap(fresh, path, &stamp));
    let swaps = swaps.collect::<Result<Vec<_>, _>>()?;
    let kept = swaps.iter().filter_map(Swap::kept).map(Path::to_owned).collect();
    swap::all(swaps, true)?;
    Ok(Restored { contents, kept })
}

/// Copies the backup beside the `target`, and looks at the copy.
fn ready(source: &Source, target: &Path, kind: &FileKind) -> Result<NamedTempFile, RestoreError> {
    let unwritten = |cause| RestoreError::Write { path: target.to_owned(), cause };
    let mut fresh = part_beside(target).map_err(unwritten)?;
    let mut from = &source.file;
    from.rewind().map_err(|cause| RestoreError::Read { path: source.path.clone(), cause })?;
    io::copy(&mut from, &mut fresh).map_err(unwritten)?;
    look(fresh.path(), kind, Depth::Full).map_err(|error| source.unfit(error))?;
    // Who copied the file of a stopped server has one with a log, which would be put beside the copy.
    Connection::open(fresh.path())
        .and_then(|connection| without_log(&connection))
        .map_err(|_| source.unfit(StorageError::Damaged(source.path.clone())))?;
    Ok(fresh)
}

/// Writes the log of the database at `path`, if it has one, into it. This fails as long as anybody has it open.
fn at_rest(path: &Path, kind: &FileKind) -> Result<(), StorageError> {
    match look(path, kind, Depth::Mark) {
        Err(error @ StorageError::NotOurs(_)) => return Err(error),
        Ok(_) | Err(StorageError::NewerVersion(_)) => {}
        // It is kept as it is.
        Err(_) => return Ok(()),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    match without_log(&connection) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Err(StorageError::InUse(path.to_owned()))
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => Ok(()),
        done => Ok(done?),
    }
}

fn without_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
}

/// The `stamp`, with a number where a restore within the same second has kept a file under it.
fn unused(stamp: &str, paths: &[&Path]) -> String {
    let is_used = |stamp: &String| paths.iter().any(|path| kept_as(path, stamp).symlink_metadata().is_ok());
    let numbered = (2..).map(|number: u32| format!("{stamp}-{number}"));
    std::iter::once(stamp.to_owned()).chain(numbered).find(|stamp| !is_used(stamp)).unwrap_or_default()
}

/// The name under which the file of before is kept.
fn kept_as(path: &Path, stamp: &str) -> PathBuf {
    beside(path, &format!(".{stamp}"))
}

/// Prepares `fresh` to take the place of `path`. At no time is there no file.
fn swap(fresh: NamedTempFile, path: &Path, stamp: &str) -> Result<Swap, RestoreError> {
    let unwritten = |cause| RestoreError::Write { path: path.to_owned(), cause };
    match fs::metadata(path) {
        Ok(about) => fresh.as_file().set_permissions(about.permissions()).map_err(unwritten)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(unwritten(cause)),
    }
    // The logs are those of a damaged database, which nothing else may read.
    Ok(Swap::keeping(path, fresh, &kept_as(path, stamp), &["-wal", "-journal", "-shm"])?)
}
