//! The file of the record: a line of JSON for each change before it is done, and one for its end. It is only appended
//! to, and begun anew at a size; some old ones stay.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use rustix::fs::{Mode, OFlags, openat, renameat};
use rustix::io::Errno;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::broker::safe_directory::{SafeDirectory, UnsafeDirectory};
use crate::domain::broker_change::{BrokerChange, ChangeEnd};

use super::earlier::{self, Told};
use super::room::Room;

/// The size at which the file is begun anew, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;
/// Number of files, with the one that is written. Together they take at most 40 MiB.
const FILES: usize = 5;
/// The most bytes of targets in one line.
const MOST_TARGETS: usize = 16 * 1024;

/// The file, and those before it: `FILE.1` is the latest of them.
#[derive(Debug)]
pub struct ChangeFile {
    path: PathBuf,
    directory: SafeDirectory,
    name: PathBuf,
    file: File,
    size: u64,
    /// True if the last line may not be whole: the next begins on a line of its own.
    is_torn: bool,
    room: Room,
}

/// A line of the beginning of a change.
#[derive(Serialize)]
struct Begin<'a> {
    change: u64,
    at: Timestamp,
    user: Option<u32>,
    process: Option<i32>,
    operation: String,
    jail: Option<&'a str>,
    targets: &'a [String],
    /// Number of targets that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
    /// SHA-256 of all targets, a line each, where some are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// A line of its end.
#[derive(Serialize)]
struct End<'a> {
    change: u64,
    ended: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_done: Option<&'a str>,
}

impl ChangeFile {
    /// Opens or makes the file at `path`, readable and writable by this process's user alone, in a directory that
    /// nobody else may write.
    ///
    /// # Errors
    /// Fails if somebody else could replace the file, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, UnsafeDirectory> {
        let (directory, name) = SafeDirectory::of_file(path)?;
        let opened = open(&directory, &name);
        let (file, size) =
            opened.map_err(|cause| UnsafeDirectory::System { path: path.to_owned(), cause })?;
        Ok(Self {
            path: path.to_owned(),
            directory,
            name,
            file,
            size,
            is_torn: size > 0,
            room: Room::default(),
        })
    }

    /// Reads the lines of this file and of the one before it, the oldest first.
    pub(crate) fn read(&self, mut tell: impl FnMut(Told)) -> io::Result<()> {
        for name in [self.numbered(1), self.name.clone()] {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let file = match openat(&self.directory, &name, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            earlier::read(file, &mut tell)?;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the line of `change`, before it is done.
    pub(crate) fn begin(&mut self, change: &BrokerChange) -> io::Result<()> {
        let wanted: usize = change.targets.iter().map(String::len).sum();
        let mut room = self.room.take(wanted.min(MOST_TARGETS), Instant::now());
        let fits = |text: &&String| {
            let left = room.checked_sub(text.len());
            room = left.unwrap_or_default();
            left.is_some()
        };
        let kept = change.targets.iter().take_while(fits).count();
        let more = change.targets.len() - kept;
        self.append(&Begin {
            change: change.number,
            at: change.at,
            user: change.user,
            process: change.process,
            operation: change.operation.to_string(),
            jail: change.jail.as_deref(),
            targets: change.targets.get(..kept).unwrap_or_default(),
            more: (more > 0).then_some(more),
            sha256: (more > 0).then(|| digest(&change.targets)),
        })
    }

    /// Appends the line of the end of change `number`.
    pub(crate) fn end(&mut self, number: u64, end: &ChangeEnd) -> io::Result<()> {
        let not_done = if let ChangeEnd::NotDone(why) = end { Some(why.as_str()) } else { None };
        self.append(&End { change: number, ended: Timestamp::now(), not_done })
    }

    fn append<T: Serialize>(&mut self, line: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        if self.is_torn {
            line.insert(0, b'\n');
        }
        if self.size > 0 && self.size + line.len() as u64 > LARGEST {
            self.begin_anew()?;
        }
        self.is_torn = true;
        self.file.write_all(&line)?;
        self.is_torn = false;
        self.size += line.len() as u64;
        Ok(())
    }

    /// The name of this file, or of one before it.
    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.name.clone().into_os_string();
        if number > 0 {
            name.push(format!(".{number}"));
        }
        name.into()
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        for number in (1..FILES).rev() {
            let (old, new) = (self.numbered(number - 1), self.numbered(number));
            match renameat(&self.directory, old, &self.directory, new) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        (self.file, self.size) = open(&self.directory, &self.name)?;
        Ok(())
    }
}

fn open(directory: &SafeDirectory, name: &Path) -> io::Result<(File, u64)> {
    let file = directory.open_file(name, OFlags::WRONLY | OFlags::APPEND, Mode::RUSR | Mode::WUSR)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn digest(targets: &[String]) -> String {
    let mut hash = Sha256::new();
    for target in targets {
        hash.update(target);
        hash.update("\n");
    }
    hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::domain::broker_change::Operation;

    fn change(number: u64, targets: Vec<String>) -> BrokerChange {
        BrokerChange {
            number,
            at: Timestamp::UNIX_EPOCH,
            user: Some(7),
            process: None,
            operation: Operation::Ban,
            jail: Some("sshd".to_owned()),
            targets,
            more: 0,
            end: ChangeEnd::UnderWay,
        }
    }

    #[test]
    fn the_files_are_bounded_and_of_this_user_alone() -> Result<(), Box<dyn Error>> {
        let place = tempfile::tempdir()?;
        let path = fs::canonicalize(place.path())?.join("changes");
        let mut file = ChangeFile::open(&path)?;
        for number in 0..5_000 {
            file.room = Room::default();
            file.begin(&change(number, vec!["x".repeat(15_000)]))?;
        }
        let sizes: Vec<u64> = fs::read_dir(place.path())?
            .map(|entry| Ok(entry?.metadata()?.len()))
            .collect::<std::io::Result<_>>()?;
        assert_eq!(sizes.len(), FILES);
        assert!(sizes.iter().all(|size| *size <= LARGEST), "{sizes:?}");
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        let last = fs::read_to_string(&path)?;
        assert!(last.lines().last().is_some_and(|line| line.contains("\"change\":4999")));
        Ok(())
    }

    #[test]
    fn a_line_with_too_many_targets_counts_the_rest_and_has_a_digest_of_all() -> Result<(), Box<dyn Error>> {
        let place = tempfile::tempdir()?;
        let path = fs::canonicalize(place.path())?.join("changes");
        let mut file = ChangeFile::open(&path)?;
        let targets: Vec<String> = (0..3_000).map(|number| format!("198.51.100.{number}")).collect();
        let mut others = targets.clone();
        file.begin(&change(1, targets))?;
        others.pop();
        file.begin(&change(2, others))?;
        file.end(2, &ChangeEnd::NotDone("a\nb".to_owned()))?;
        let text = fs::read_to_string(&path)?;
        let lines: Vec<serde_json::Value> =
            text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let [first, second, end] = lines.as_slice() else { return Err(text.into()) };
        let kept = first["targets"].as_array().map_or(0, Vec::len);
        assert_eq!(first["more"], serde_json::json!(3_000 - kept));
        assert_ne!(first["sha256"], second["sha256"]);
        assert_eq!(end["not_done"], "a\nb");
        Ok(())
    }

    #[test]
    fn a_flood_of_long_targets_drops_no_older_changes() -> Result<(), Box<dyn Error>> {
        let place = tempfile::tempdir()?;
        let path = fs::canonicalize(place.path())?.join("changes");
        let mut file = ChangeFile::open(&path)?;
        for number in 1..5_000 {
            file.begin(&change(number, vec!["x".repeat(15_000)]))?;
        }
        let mut first = None;
        file.read(|told| {
            if let Told::Begun(change) = told {
                first.get_or_insert(change.number);
            }
        })?;
        assert_eq!(first, Some(1));
        Ok(())
    }
}
