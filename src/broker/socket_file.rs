//! The broker's socket in the file system: made for one user, never taken from a broker that runs.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{
    FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Reason why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Another broker runs on it.
    #[error("another broker listens on {0}")]
    Taken(PathBuf),
    /// Something else lies there, which is not ours to remove.
    #[error("{0} exists and is no socket")]
    NoSocket(PathBuf),
    /// The system refused.
    #[error("cannot {what} {path}: {cause}")]
    System {
        /// The step that failed.
        what: &'static str,
        /// The file that it was done with.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
}

/// A socket file that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and number of the file that we made.
    identity: (u64, u64),
    /// Locked as long as this broker runs. The file stays: to remove it would let two brokers each lock
    /// one of their own.
    _lock: File,
}

impl SocketFile {
    /// Makes a socket at `path` that only the user `owner` (and root) can connect to. Replaces one
    /// that a dead broker left there.
    pub(crate) fn bind(path: &Path, owner: u32) -> Result<(Self, UnixListener), SocketError> {
        let lock = lock(path)?;
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(SocketError::NoSocket(path.to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(system("look at", path, cause)),
        }
        // Under another name until only its user can open it; then it takes the place of the old one.
        let new = beside(path, ".new");
        match fs::remove_file(&new) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(system("remove", &new, cause));
            }
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&new).map_err(|cause| system("listen on", &new, cause))?;
        let made = fs::set_permissions(&new, Permissions::from_mode(0o600))
            .and_then(|()| chown(&new, Some(owner), None))
            .and_then(|()| listener.set_nonblocking(true))
            .and_then(|()| fs::symlink_metadata(&new))
            .and_then(|about| fs::rename(&new, path).map(|()| (about.dev(), about.ino())));
        match made {
            Ok(identity) => Ok((Self { path: path.to_owned(), identity, _lock: lock }, listener)),
            Err(cause) => {
                // The earlier error is the one that matters.
                drop(fs::remove_file(&new));
                Err(system("give its user", path, cause))
            }
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours =
            fs::symlink_metadata(&self.path).is_ok_and(|about| (about.dev(), about.ino()) == self.identity);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the broker's socket could not be removed");
        }
    }
}

fn lock(path: &Path) -> Result<File, SocketError> {
    let beside = beside(path, ".lock");
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&beside);
    let file = opened.map_err(|cause| system("open", &beside, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SocketError::Taken(path.to_owned())),
        Err(TryLockError::Error(cause)) => Err(system("lock", &beside, cause)),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn system(what: &'static str, path: &Path, cause: io::Error) -> SocketError {
    SocketError::System { what, path: path.to_owned(), cause }
}
