//! Tells whether a file has changed, without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// File metadata that differs once the file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    inode: u64,
    /// In bytes.
    pub(crate) size: u64,
    written: (i64, i64),
    /// Changes also when its owner or its mode does, so that a file is tried again that may now be
    /// readable. Reading it does not count.
    changed: (i64, i64),
}

impl FileStamp {
    /// That of the file at `path`; `None` if it cannot be looked at.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Self::of_metadata(&metadata))
    }

    /// That of a file with this metadata.
    pub(crate) fn of_metadata(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
