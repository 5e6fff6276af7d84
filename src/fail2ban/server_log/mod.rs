//! The lines that fail2ban writes into its own log while it runs a command. Where the log is no
//! file, or none that may be read, nothing is known of it.

pub(crate) mod bans;
pub(crate) mod failures;
pub(crate) mod old;
pub(crate) mod traces;

use std::fs::File;
use std::io;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::mutex::Mutex;

/// The most bytes that are read of the log of one command.
const LONGEST: u64 = 2 * 1024 * 1024;

/// The daemon's log target, as the daemon last named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFile {
    /// The generation of the connection on which it was named.
    pub(crate) generation: u64,
    /// An absolute path as the daemon sees it; `None` where it logs to no file.
    pub(crate) path: Option<PathBuf>,
    /// The daemon's process, where the system tells it.
    pub(crate) process: Option<i32>,
}

/// The log target of the daemon, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerLog(Arc<Mutex<Option<LogFile>>>);

impl ServerLog {
    pub(crate) fn known(&self, generation: u64) -> Option<LogFile> {
        let known = self.0.lock();
        known.clone().filter(|file| file.generation == generation && generation != 0)
    }

    pub(crate) fn learn(&self, file: LogFile) {
        *self.0.lock() = Some(file);
    }
}

/// The end of the log at one moment.
#[derive(Debug)]
pub(crate) struct Mark {
    file: File,
    end: u64,
}

/// Marks a line that a command wrote to its standard error (`fail2ban/server/utils.py`,
/// `executeCmd`).
pub(crate) const STDERR: &str = " -- stderr: ";

impl Mark {
    /// Opens the log at `path`. A daemon in a container sees another file there than we do, so it is
    /// looked for in the daemon's own root first.
    pub(crate) fn at_end_of(path: &Path, process: Option<i32>) -> io::Result<Self> {
        let mut file = match in_its_root(path, process).map(|path| open(&path)) {
            Some(Ok(file)) => file,
            Some(Err(_)) | None => open(path)?,
        };
        let end = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, end })
    }

    /// The same, but from the beginning of a log that was not there before.
    pub(crate) fn at_begin_of(path: &Path, process: Option<i32>) -> io::Result<Self> {
        Ok(Self { end: 0, ..Self::at_end_of(path, process)? })
    }

    /// Reads the lines that were written since, up to [`LONGEST`].
    pub(crate) fn read(mut self) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(self.end))?;
        let mut written = Vec::new();
        self.file.take(LONGEST).read_to_end(&mut written)?;
        Ok(written)
    }
}

/// The path as the daemon sees it, in its own root.
fn in_its_root(path: &Path, process: Option<i32>) -> Option<PathBuf> {
    let process = process.filter(|process| *process > 0)?;
    let root = PathBuf::from(format!("/proc/{process}/root"));
    Some(root.join(path.strip_prefix("/").unwrap_or(path)))
}

/// Opens a file, and no pipe or device, which could make us wait.
fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other(format!("{} is no file", path.display())))
    }
}
