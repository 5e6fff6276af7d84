//! Who could change a file that root reads: what it names is run and opened as root. As sshd does with its own files, one that
//! anybody else could change is refused.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::geteuid;
use thiserror::Error;

/// Bits of those who are neither the owner nor root.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In such a directory nobody replaces what is another's.
const STICKY: u32 = 0o1000;
/// The most links that are followed, as by the kernel.
const MOST_LINKS: u8 = 40;

/// Reason why root does not read a file.
#[derive(Debug, Error)]
pub(crate) enum NotRootsOwn {
    /// It, a link to it, or a directory that it lies in, is somebody else's.
    #[error(
        "{0} belongs to user {1}, who could change what root does by it: give it to root with `chown root {0}`"
    )]
    Owner(String, u32),
    /// Others may write it, or put another in its place.
    #[error(
        "others than root may write {0} (mode {1:o}), and change what root does by it: close it with `chmod go-w {0}`"
    )]
    Writable(String, u32),
    /// The system refused.
    #[error("{0}: {1}")]
    System(String, io::Error),
}

/// Refuses `file` where this process is root and another user could change it, or a directory or link on the way to it.
/// A device or a pipe is somebody's at this moment, and no file.
pub(crate) fn check(file: &Path) -> Result<(), NotRootsOwn> {
    let is_file = fs::metadata(file).is_ok_and(|about| about.is_file());
    if !geteuid().is_root() || !is_file {
        return Ok(());
    }
    let file = std::path::absolute(file).map_err(|cause| system(file, cause))?;
    check_way(&file, MOST_LINKS)
}

fn check_way(path: &Path, links_left: u8) -> Result<(), NotRootsOwn> {
    let mut places: Vec<&Path> = path.ancestors().collect();
    places.reverse();
    for place in places {
        let about = fs::symlink_metadata(place).map_err(|cause| system(place, cause))?;
        if about.uid() != 0 {
            return Err(NotRootsOwn::Owner(shown(place), about.uid()));
        }
        let mode = about.mode() & 0o7777;
        if about.is_symlink() {
            let left =
                links_left.checked_sub(1).ok_or_else(|| system(place, rustix::io::Errno::LOOP.into()))?;
            let target = fs::read_link(place).map_err(|cause| system(place, cause))?;
            check_way(&place.parent().unwrap_or(place).join(target), left)?;
        } else if mode & WRITABLE_BY_OTHERS != 0 && !(about.is_dir() && mode & STICKY != 0) {
            return Err(NotRootsOwn::Writable(shown(place), mode));
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn system(path: &Path, cause: io::Error) -> NotRootsOwn {
    NotRootsOwn::System(shown(path), cause)
}
