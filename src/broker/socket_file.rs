//! A socket in the file system: made for a few, never taken from a process that runs.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::fs::{chownat, fstat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use thiserror::Error;

use super::safe_directory::{SafeDirectory, UnsafeDirectory};

/// Reason why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Another process listens on it.
    #[error("another BanGUI listens on {0}")]
    Taken(PathBuf),
    /// Something else lies there, which is not ours to remove.
    #[error("{0} exists and is no socket")]
    NoSocket(PathBuf),
    /// Somebody else could replace what lies in its directory.
    #[error("not listening on {socket}: {cause}")]
    Directory {
        /// The socket.
        socket: PathBuf,
        /// The danger.
        cause: UnsafeDirectory,
    },
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

/// Those who can connect to a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admitted {
    /// Its owner; this process's user where there is none.
    pub(crate) user: Option<u32>,
    /// Its group, as far.
    pub(crate) group: Option<u32>,
    /// Its permissions.
    pub(crate) mode: u32,
}

/// A socket file that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    directory: SafeDirectory,
    name: PathBuf,
    /// Device and number of the file that we made.
    identity: (u64, u64),
    /// Locked as long as this process listens. The file stays: to remove it would let two each lock
    /// one of their own.
    _lock: File,
}

impl SocketFile {
    /// Makes a socket at `path` that only those of `admitted` (and root) can connect to. Replaces one that a dead
    /// process left there. Its directory must be one that nobody else can write, or they could have root give away
    /// another file in its place.
    pub(crate) fn bind(path: &Path, admitted: Admitted) -> Result<(Self, UnixListener), SocketError> {
        let (directory, name) = SafeDirectory::of_file(path)
            .map_err(|cause| SocketError::Directory { socket: path.to_owned(), cause })?;
        let lock = lock(&directory, path, &beside(&name, ".lock"))?;
        match about(&directory, &name) {
            Ok(found) if !is_socket(&found) => return Err(SocketError::NoSocket(path.to_owned())),
            Ok(_) | Err(Errno::NOENT) => {}
            Err(cause) => return Err(system("look at", path, cause.into())),
        }
        // Under another name until only its user can open it; then it takes the place of the old one.
        let new = beside(&name, ".new");
        match unlinkat(&directory, &new, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(cause) => return Err(system("remove", &beside(path, ".new"), cause.into())),
        }
        let listener = UnixListener::bind(beside(path, ".new"))
            .map_err(|cause| system("listen on", &beside(path, ".new"), cause))?;
        match give_to(admitted, &directory, &new).and_then(|identity| {
            listener.set_nonblocking(true)?;
            renameat(&directory, &new, &directory, &name)?;
            Ok(identity)
        }) {
            Ok(identity) => {
                Ok((Self { path: path.to_owned(), directory, name, identity, _lock: lock }, listener))
            }
            Err(cause) => {
                // The earlier error is the one that matters.
                let _left = unlinkat(&directory, &new, AtFlags::empty());
                Err(system("give its user", path, cause))
            }
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = about(&self.directory, &self.name).is_ok_and(|about| identity(&about) == self.identity);
        if ours && let Err(error) = unlinkat(&self.directory, &self.name, AtFlags::empty()) {
            tracing::warn!(%error, socket = %self.path.display(), "a socket could not be removed");
        }
    }
}

/// Gives the socket `name`, and nothing that may have come in its place, to those who are `admitted`. Returns its
/// identity.
fn give_to(admitted: Admitted, directory: &SafeDirectory, name: &Path) -> io::Result<(u64, u64)> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let socket: OwnedFd = openat(directory, name, flags, Mode::empty())?;
    let found = fstat(&socket)?;
    if !is_socket(&found) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another file came in its place"));
    }
    // By the open file: `chmod` knows no way not to follow a link.
    let itself = format!("/proc/self/fd/{}", socket.as_fd().as_raw_fd());
    fs::set_permissions(itself, Permissions::from_mode(admitted.mode))?;
    if admitted.user.is_some() || admitted.group.is_some() {
        chownat(
            &socket,
            "",
            admitted.user.map(Uid::from_raw),
            admitted.group.map(Gid::from_raw),
            AtFlags::EMPTY_PATH,
        )?;
    }
    Ok(identity(&found))
}

fn about(directory: &SafeDirectory, name: &Path) -> rustix::io::Result<Stat> {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn is_socket(about: &Stat) -> bool {
    FileType::from_raw_mode(about.st_mode) == FileType::Socket
}

fn identity(about: &Stat) -> (u64, u64) {
    (about.st_dev, about.st_ino)
}

fn lock(directory: &SafeDirectory, socket: &Path, name: &Path) -> Result<File, SocketError> {
    let opened = directory.open_file(name, OFlags::WRONLY, Mode::RUSR | Mode::WUSR);
    let file = opened.map_err(|cause| system("open", &beside(socket, ".lock"), cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SocketError::Taken(socket.to_owned())),
        Err(TryLockError::Error(cause)) => Err(system("lock", &beside(socket, ".lock"), cause)),
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
