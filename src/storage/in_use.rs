//! The mark of a running server on its database.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use rustix::process::geteuid;

use super::error::StorageError;
use super::file::{Depth, FileKind, directory_of, itself, unreachable};
use super::look::{beside, look_alone};

/// Held by the one server of a database, or by who replaces it. The system ends it with the process.
#[derive(Debug)]
#[must_use]
pub(crate) struct InUse(#[expect(dead_code, reason = "it holds the lock")] File);

impl InUse {
    /// Takes the database at `path`, which may be missing. Beside what is no database of this kind nothing is made.
    ///
    /// # Errors
    /// Somebody holds it, or the file is not ours.
    pub(crate) fn serve(path: &Path, kind: &FileKind) -> Result<Self, StorageError> {
        match look_alone(path, kind, Depth::Mark) {
            Ok(()) | Err(StorageError::Missing(_)) => Self::hold(path),
            Err(error) => Err(error),
        }
    }

    /// Takes the database at `path`, whatever is there.
    ///
    /// # Errors
    /// Somebody holds it.
    pub(crate) fn hold(path: &Path) -> Result<Self, StorageError> {
        // However it is named, it is one database.
        let path = &itself(path);
        // Not the database itself: closing a handle of it would end SQLite's own locks in this process.
        let file =
            open(&beside(path, ".lock"), directory_of(path)).map_err(|cause| unreachable(path, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse(path.to_owned())),
            Err(TryLockError::Error(cause)) => Err(unreachable(path, cause)),
        }
    }
}

/// Opens the file or makes it, as root for the owner of the `directory`, who has to open it, too.
fn open(path: &Path, directory: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            let about = directory.metadata()?;
            if geteuid().is_root() {
                fchown(&file, Some(about.uid()), Some(about.gid()))?;
            }
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}
