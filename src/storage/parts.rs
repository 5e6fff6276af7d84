//! Files that are being written and do not have their own name yet. They hold what a database holds, so none is left:
//! they are removed when the process is told to end, and those of one that was killed by the next that writes there.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file::directory_of;
use super::look::beside;
use crate::mutex::Mutex;

const PREFIX: &str = ".bangui-";
const SUFFIX: &str = ".part";
/// What SQLite, or [`super::swap`], keeps beside one.
const BESIDE: [&str; 4] = ["-journal", "-wal", "-shm", BEFORE];
/// The ending of the second name of what is about to be replaced.
pub(crate) const BEFORE: &str = "-before";

/// The parts of this process.
static PARTS: Mutex<Parts> = Mutex::new(Parts { paths: Vec::new(), is_committed: false, is_ended: false });

struct Parts {
    paths: Vec<PathBuf>,
    /// They have begun to get their names.
    is_committed: bool,
    /// The process is about to end.
    is_ended: bool,
}

/// Makes an empty file for this user alone beside that at `path`, and removes what killed processes have left there. It
/// is locked as long as it is open, which shows that somebody still writes it.
pub(crate) fn part_beside(path: &Path) -> io::Result<NamedTempFile> {
    let _alone = alone(path)?;
    remove_left(directory_of(path))?;
    let mut parts = PARTS.lock();
    if parts.is_ended {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let part = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(directory_of(path))?;
    part.as_file().lock()?;
    parts.paths.push(part.path().to_owned());
    Ok(part)
}

/// Does `work`, which gives the parts their names, and is not interrupted.
///
/// # Errors
/// The process is about to end, or those of `work`.
pub(crate) fn commit<T, E: From<io::Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let mut parts = PARTS.lock();
    if parts.is_ended {
        return Err(io::Error::from(io::ErrorKind::Interrupted).into());
    }
    parts.is_committed = true;
    work()
}

/// Removes the parts of this process, which is about to end. Returns false if they have their names already: then it is
/// to end by itself.
pub(crate) fn end() -> bool {
    let mut parts = PARTS.lock();
    if parts.is_committed {
        return false;
    }
    parts.is_ended = true;
    for path in parts.paths.drain(..) {
        remove(&path);
    }
    true
}

/// Waits until no other process makes or removes parts beside `path`.
fn alone(path: &Path) -> io::Result<File> {
    let directory = File::open(directory_of(path))?;
    directory.lock()?;
    Ok(directory)
}

fn remove_left(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if is_part(&path) && !is_written(&path) {
            tracing::info!("removed {}, which an interrupted backup or restore has left", path.display());
            remove(&path);
        }
    }
    Ok(())
}

/// Returns true of a part, and of what a part that has got its name has left.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(PREFIX)
        && name.strip_suffix(BEFORE).unwrap_or(name).ends_with(SUFFIX)
        && path.symlink_metadata().is_ok_and(|about| about.is_file())
}

/// Returns true if somebody holds the part open, or that cannot be told.
fn is_written(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let part = name.strip_suffix(BEFORE).map_or(path, Path::new);
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    match OpenOptions::new().read(true).custom_flags(flags).open(part) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Removes the part at `path`, and what is kept beside it.
fn remove(path: &Path) {
    for file in BESIDE.iter().map(|ending| beside(path, ending)).chain([path.to_owned()]) {
        if let Err(error) = fs::remove_file(&file)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, file = %file.display(), "a file that is of no use cannot be removed");
        }
    }
}
