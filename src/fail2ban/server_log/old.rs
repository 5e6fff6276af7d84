//! What fail2ban's log and its rotated and compressed files still tell of bans, a part at a time.

use std::fs;
use std::fs::File;
use std::io;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::bans::{LoggedBan, parse_ban};
use super::{in_its_root, open};

/// The most bytes that are read for one part.
const PART: u64 = 8 * 1024 * 1024;
/// The most bans of one part.
const MOST: usize = 5_000;
/// The longest line that is looked at; fail2ban bans a text as long as a log line.
const LONGEST_LINE: u64 = 64 * 1024;

/// A place in the log and its rotated files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPlace {
    /// Number of files before this one, the oldest of which comes first.
    pub(crate) file: usize,
    /// Number of bytes before it, as they are uncompressed.
    pub(crate) offset: u64,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPart {
    pub(crate) bans: Vec<LoggedBan>,
    /// The place of the next part; `None` at the end.
    pub(crate) next: Option<LogPlace>,
    /// Number of files.
    pub(crate) files: usize,
}

/// Reads the part at `place` of the log at `path`, in the root of `process` where that can be read. Blocks: not for an
/// async thread.
pub(crate) fn read(
    path: &Path,
    process: Option<i32>,
    place: LogPlace,
    zone: &TimeZone,
) -> io::Result<LogPart> {
    let files = files_seen_from(path, process)?;
    let Some(file) = files.get(place.file) else {
        return Ok(LogPart { files: files.len(), ..LogPart::default() });
    };
    let next_file = Some(LogPlace { file: place.file + 1, offset: 0 }).filter(|next| next.file < files.len());
    match part(file, place.offset, zone) {
        Ok((bans, offset)) => {
            let next = offset.map(|offset| LogPlace { offset, ..place }).or(next_file);
            Ok(LogPart { bans, next, files: files.len() })
        }
        // One that is damaged costs no other.
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "a file of fail2ban's log cannot be read");
            Ok(LogPart { bans: Vec::new(), next: next_file, files: files.len() })
        }
    }
}

/// The log at `path` and its rotated files, in the root of `process` where that can be read, the oldest first.
pub(super) fn files_seen_from(path: &Path, process: Option<i32>) -> io::Result<Vec<PathBuf>> {
    match in_its_root(path, process).map(|path| files(&path)) {
        Some(Ok(files)) if !files.is_empty() => Ok(files),
        _ => files(path),
    }
}

/// The log at `path` and its rotated files, the oldest first: `fail2ban.log.2.gz`, `fail2ban.log-20261101`.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let own = entry.file_name();
        let Some(rest) = own.to_str().and_then(|own| own.strip_prefix(name)) else { continue };
        let is_rotated = rest.starts_with(['.', '-'])
            && rest.trim_end_matches(".gz").bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'-');
        if rest.is_empty() || is_rotated {
            let about = entry.metadata()?;
            // The one in use is the last, however long ago it was written.
            found.push((rest.is_empty(), about.modified()?, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(.., path)| path).collect())
}

/// Reads up to [`PART`] bytes behind `offset`. Returns where the next part begins, if there is one.
fn part(path: &Path, offset: u64, zone: &TimeZone) -> io::Result<(Vec<LoggedBan>, Option<u64>)> {
    let file = open(path)?;
    let mut content = BufReader::new(content(file, is_compressed(path)));
    io::copy(&mut (&mut content).take(offset), &mut io::sink())?;
    let (mut bans, mut read) = (Vec::new(), 0);
    let mut line = Vec::new();
    while read < PART && bans.len() < MOST {
        line.clear();
        let length = (&mut content).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok((bans, None));
        }
        read += length as u64;
        bans.extend(parse_ban(&String::from_utf8_lossy(&line), zone));
    }
    Ok((bans, Some(offset + read)))
}

pub(super) fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

pub(super) fn content(file: File, is_compressed: bool) -> Box<dyn Read> {
    if is_compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn lines(first: usize, number: usize) -> String {
        let line = |number| {
            format!(
                "2026-11-22 13:31:06,1 fail2ban.actions [7]: NOTICE  [sshd] Ban 10.{}.{}.1\n",
                number / 250,
                number % 250
            )
        };
        (first..first + number).map(line).collect()
    }

    fn all(path: &Path) -> io::Result<Vec<String>> {
        let (mut place, mut seen) = (Some(LogPlace::default()), Vec::new());
        while let Some(next) = place {
            let part = read(path, None, next, &TimeZone::UTC)?;
            seen.extend(part.bans.into_iter().map(|ban| ban.banned.to_string()));
            place = part.next;
        }
        Ok(seen)
    }

    #[test]
    fn rotated_and_compressed_files_come_first_and_parts_follow_without_a_gap() -> Result<(), Box<dyn Error>>
    {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("fail2ban.log");
        let number = MOST + 2_000;
        let mut packed =
            GzEncoder::new(File::create(directory.path().join("fail2ban.log.2.gz"))?, Compression::fast());
        packed.write_all(lines(0, number).as_bytes())?;
        packed.finish()?;
        fs::write(directory.path().join("fail2ban.log.3.gz"), "damaged")?;
        fs::write(directory.path().join("fail2ban.log.1"), lines(number, 3))?;
        fs::write(&log, lines(number + 3, 1))?;
        fs::write(directory.path().join("fail2ban.log.save"), lines(0, 9))?;
        // The order is that of the times at which they were written.
        let old = std::time::SystemTime::UNIX_EPOCH;
        File::options().write(true).open(directory.path().join("fail2ban.log.2.gz"))?.set_modified(old)?;
        File::options().write(true).open(&log)?.set_modified(old)?;
        let expected: Vec<String> =
            (0..number + 4).map(|number| format!("10.{}.{}.1", number / 250, number % 250)).collect();
        assert_eq!(all(&log)?, expected);
        Ok(())
    }
}
