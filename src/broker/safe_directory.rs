//! A directory in which nobody but its owner can put, swap or remove a file: that is what makes it safe to name files
//! there as root.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, chmodat, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;
use rustix::process::geteuid;
use thiserror::Error;

/// Bits of those who are neither the owner nor root.
const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Reason why no file is made in a directory.
#[derive(Debug, Error)]
pub enum UnsafeDirectory {
    /// The way to it leads through a link.
    #[error("{link} is a link to {target}: name the directory itself")]
    Link {
        /// The link.
        link: PathBuf,
        /// Its target.
        target: PathBuf,
    },
    /// It, or a directory that it lies in, belongs to somebody else.
    #[error("{path} belongs to user {owner}, who could replace what lies there: it has to be root's")]
    Owner {
        /// The directory.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
    },
    /// It is meant for everybody, as `/tmp`.
    #[error("others than its owner may write {0}, which is meant for everybody: name another directory")]
    Shared(PathBuf),
    /// Others may write it, or a directory that it lies in.
    #[error(
        "others than its owner may write {path} (mode {mode:o}): name another directory, or close this one with \
         `chmod go-w {path}` if nobody else needs it"
    )]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The system refused.
    #[error("cannot open {path}: {cause}")]
    System {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
}

/// A directory that belongs to root or to this process's user, all the way from `/`, and is held open.
#[derive(Debug)]
pub(crate) struct SafeDirectory(OwnedFd);

impl SafeDirectory {
    /// Opens `path`, step by step, and without following a link. Makes what is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, UnsafeDirectory> {
        let path = std::path::absolute(path).map_err(|cause| system(path, cause))?;
        let mut here = PathBuf::from("/");
        let mut opened = step(CWD, Path::new("/"), &here)?;
        check(&opened, &here, path == here)?;
        for component in path.components() {
            let name = match component {
                Component::RootDir | Component::CurDir | Component::Prefix(_) => continue,
                Component::ParentDir => Path::new(".."),
                Component::Normal(name) => Path::new(name),
            };
            here.push(name);
            make_if_missing(opened.as_fd(), name).map_err(|cause| system(&here, cause.into()))?;
            opened = step(opened.as_fd(), name, &here)?;
            check(&opened, &here, path == here)?;
        }
        Ok(Self(opened))
    }

    /// Opens the directory that `file` is to lie in; returns it with the name in it.
    pub(crate) fn of_file(file: &Path) -> Result<(Self, PathBuf), UnsafeDirectory> {
        let Some(name) = file.file_name() else {
            return Err(system(file, io::Error::from(io::ErrorKind::InvalidFilename)));
        };
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok((Self::open(parent.unwrap_or(Path::new(".")))?, name.into()))
    }

    /// Opens or makes the file `name` for its owner, which must be a plain file and no link.
    pub(crate) fn open_file(&self, name: &Path, flags: OFlags, mode: Mode) -> io::Result<File> {
        let flags = flags | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(openat(self, name, flags, mode)?);
        let about = file.metadata()?;
        if about.is_file() && about.nlink() == 1 && is_trusted(about.uid()) {
            Ok(file)
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is no plain file of this user's"))
        }
    }
}

impl AsFd for SafeDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Makes a directory that everybody may enter, whatever mask is set, unless something is there.
fn make_if_missing(parent: BorrowedFd<'_>, name: &Path) -> Result<(), Errno> {
    if statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).err() != Some(Errno::NOENT) {
        return Ok(());
    }
    let mode = Mode::from_raw_mode(0o755);
    match mkdirat(parent, name, mode) {
        Ok(()) => chmodat(parent, name, mode, AtFlags::empty()),
        // Somebody else was quicker.
        Err(Errno::EXIST) => Ok(()),
        Err(cause) => Err(cause),
    }
}

fn step(from: BorrowedFd<'_>, name: &Path, here: &Path) -> Result<OwnedFd, UnsafeDirectory> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(from, name, flags, Mode::empty()).map_err(|cause| {
        let about = statat(from, name, AtFlags::SYMLINK_NOFOLLOW);
        let is_link = about.is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Symlink);
        match readlinkat(from, name, Vec::new()) {
            Ok(target) if is_link => UnsafeDirectory::Link {
                link: here.to_owned(),
                target: PathBuf::from(target.to_string_lossy().into_owned()),
            },
            Ok(_) | Err(_) => system(here, cause.into()),
        }
    })
}

/// In a directory that all may write but that is sticky, as `/tmp`, nobody replaces what is another's: one may lie in
/// it, but it is not itself one.
fn check(opened: &OwnedFd, path: &Path, is_last: bool) -> Result<(), UnsafeDirectory> {
    let about = rustix::fs::fstat(opened).map_err(|cause| system(path, cause.into()))?;
    if !is_trusted(about.st_uid) {
        return Err(UnsafeDirectory::Owner { path: path.to_owned(), owner: about.st_uid });
    }
    let mode = about.st_mode & 0o7777;
    match (mode & WRITABLE_BY_OTHERS != 0, mode & STICKY != 0) {
        (true, true) if is_last => Err(UnsafeDirectory::Shared(path.to_owned())),
        (true, false) => Err(UnsafeDirectory::Writable { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

fn is_trusted(user: u32) -> bool {
    user == 0 || user == geteuid().as_raw()
}

fn system(path: &Path, cause: io::Error) -> UnsafeDirectory {
    UnsafeDirectory::System { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    fn refusal(path: &Path) -> Result<String> {
        Ok(SafeDirectory::open(path).err().ok_or("it was taken")?.to_string())
    }

    #[test]
    fn only_a_directory_that_nobody_else_may_write_is_taken() -> Result {
        let place = tempfile::tempdir()?;
        let path = fs::canonicalize(place.path())?;
        SafeDirectory::open(&path)?;
        for mode in [0o775, 0o757, 0o1777] {
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
            let said = refusal(&path)?;
            assert!(said.contains("others than its owner may write"), "{mode:o}: {said}");
            // To close `/tmp` would break the machine.
            assert_eq!(said.contains("chmod"), mode & STICKY == 0, "{mode:o}: {said}");
            assert!(said.contains("name another directory"), "{mode:o}: {said}");
        }
        let inside = path.join("inside");
        fs::create_dir(&inside)?;
        SafeDirectory::open(&inside)?;
        fs::set_permissions(&path, Permissions::from_mode(0o777))?;
        assert!(refusal(&inside)?.contains("may write"), "the directory could be swapped");
        Ok(())
    }

    #[test]
    fn no_link_is_followed_neither_on_the_way_nor_as_a_file() -> Result {
        let place = tempfile::tempdir()?;
        let path = fs::canonicalize(place.path())?;
        fs::create_dir_all(path.join("real/inner"))?;
        symlink(path.join("real"), path.join("link"))?;
        for through in ["link", "link/inner"] {
            let said = refusal(&path.join(through))?;
            assert!(said.contains("is a link to") && said.contains("real"), "{said}");
        }
        let (directory, name) = SafeDirectory::of_file(&path.join("real/file"))?;
        fs::write(path.join("secret"), "before")?;
        symlink(path.join("secret"), path.join("real/file"))?;
        assert!(directory.open_file(&name, OFlags::WRONLY, Mode::RUSR).is_err());
        fs::remove_file(path.join("real/file"))?;
        fs::hard_link(path.join("secret"), path.join("real/file"))?;
        assert!(directory.open_file(&name, OFlags::WRONLY, Mode::RUSR).is_err());
        assert_eq!(fs::read_to_string(path.join("secret"))?, "before");
        Ok(())
    }
}
