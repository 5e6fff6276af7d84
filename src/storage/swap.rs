//! Files that take the place of others: all of them, or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file::directory_of;
use super::look::beside;
use super::parts::{BEFORE, commit};

/// A file that is to take the place of another. Until [`all`] has been called nothing has changed, but for a second name
/// of that other.
#[derive(Debug)]
pub(crate) struct Swap {
    path: PathBuf,
    /// The new file; `None` where the old one is removed.
    fresh: Option<NamedTempFile>,
    /// True if there is an old one.
    replaces: bool,
    /// Its second name, by which it can be put back.
    before: Option<PathBuf>,
    /// That name stays.
    keeps: bool,
    /// Files beside the old one that go with it, and their new names.
    moves: Vec<(PathBuf, PathBuf)>,
    /// Those of them that have it.
    moved: Vec<(PathBuf, PathBuf)>,
    is_made: bool,
}

/// Reason why nothing was swapped.
#[derive(Debug)]
pub(crate) struct SwapError {
    /// The file.
    pub(crate) path: PathBuf,
    /// The system's error.
    pub(crate) cause: io::Error,
}

impl From<io::Error> for SwapError {
    fn from(cause: io::Error) -> Self {
        Self { path: PathBuf::new(), cause }
    }
}

impl Swap {
    /// `fresh` is to take the place of `path`, if there is such a file, which is forgotten.
    pub(crate) fn forgetting(path: &Path, fresh: Option<NamedTempFile>) -> Result<Self, SwapError> {
        let before = fresh.as_ref().map(|fresh| beside(fresh.path(), BEFORE));
        let mut swap = Self::new(path, fresh)?;
        // Not every file system has second names. Then it cannot be put back.
        swap.before = before.filter(|before| swap.replaces && fs::hard_link(path, before).is_ok());
        Ok(swap)
    }

    /// `fresh` is to take the place of `path`, if there is such a file, which is kept with those beside it that end in
    /// `logs`: as `kept`.
    pub(crate) fn keeping(
        path: &Path,
        fresh: NamedTempFile,
        kept: &Path,
        logs: &[&str],
    ) -> Result<Self, SwapError> {
        let mut swap = Self::new(path, Some(fresh))?;
        swap.keeps = true;
        swap.moves = logs.iter().map(|log| (beside(path, log), beside(kept, log))).collect();
        if swap.replaces {
            fs::hard_link(path, kept).map_err(|cause| SwapError { path: kept.to_owned(), cause })?;
            swap.before = Some(kept.to_owned());
        }
        Ok(swap)
    }

    fn new(path: &Path, fresh: Option<NamedTempFile>) -> Result<Self, SwapError> {
        let failed = |cause| SwapError { path: path.to_owned(), cause };
        let replaces = match path.symlink_metadata() {
            Ok(about) if about.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(cause) => return Err(failed(cause)),
        };
        if let Some(fresh) = &fresh {
            fresh.as_file().sync_all().map_err(failed)?;
        }
        let path = path.to_owned();
        Ok(Self {
            path,
            fresh,
            replaces,
            before: None,
            keeps: false,
            moves: Vec::new(),
            moved: Vec::new(),
            is_made: false,
        })
    }

    /// The name under which the old file is kept.
    pub(crate) fn kept(&self) -> Option<&Path> {
        self.before.as_deref().filter(|_| self.keeps)
    }

    fn make(&mut self, overwrite: bool) -> io::Result<()> {
        for (from, to) in std::mem::take(&mut self.moves) {
            match fs::rename(&from, &to) {
                Ok(()) => self.moved.push((from, to)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        match self.fresh.take() {
            Some(fresh) if overwrite => fresh.persist(&self.path).map_err(|error| error.error).map(drop)?,
            Some(fresh) => fresh.persist_noclobber(&self.path).map_err(|error| error.error).map(drop)?,
            None if self.replaces => fs::remove_file(&self.path)?,
            None => {}
        }
        self.is_made = true;
        Ok(())
    }

    /// Puts back what was there.
    fn undo(&mut self) {
        if self.is_made {
            let put_back = match &self.before {
                Some(before) => fs::rename(before, &self.path),
                None if self.replaces => Err(io::Error::other("the file system keeps no second name")),
                None => fs::remove_file(&self.path),
            };
            if let Err(error) = put_back {
                tracing::error!(%error, file = %self.path.display(), "a file could not be put back");
            }
        }
        for (from, to) in std::mem::take(&mut self.moved) {
            if let Err(error) = fs::rename(&to, &from) {
                tracing::error!(%error, file = %from.display(), "a file could not be put back");
            }
        }
        self.is_made = false;
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        let is_of_use = self.keeps && self.is_made;
        if let Some(before) = self.before.as_ref().filter(|_| !is_of_use)
            && let Err(error) = fs::remove_file(before)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, file = %before.display(), "a second name could not be removed");
        }
    }
}

/// Makes all the swaps, or none of them. Files that came meanwhile are replaced only if it is to `overwrite`. Their names
/// are on the disk afterwards.
///
/// # Errors
/// One of them cannot be made.
pub(crate) fn all(mut swaps: Vec<Swap>, overwrite: bool) -> Result<(), SwapError> {
    commit(|| {
        for number in 0..swaps.len() {
            let Some(swap) = swaps.get_mut(number) else { continue };
            let path = swap.path.clone();
            let made = swap.make(overwrite).and_then(|()| sync_directory(&path));
            if let Err(cause) = made {
                swaps.iter_mut().rev().for_each(Swap::undo);
                return Err(SwapError { path, cause });
            }
        }
        Ok(())
    })
}

/// Has the names in the directory of `path` written to the disk.
fn sync_directory(path: &Path) -> io::Result<()> {
    fs::File::open(directory_of(path))?.sync_all()
}

#[cfg(test)]
mod tests;
