//! What fail2ban's log tells of an entry besides its bans: the failures that were found, and when fail2ban started
//! (`fail2ban/server/filter.py`, `processLineAndAdd`, and `fail2ban/server/server.py`, `start`; alike from 0.11.2 to
//! 1.1.1, at the level INFO):
//!
//! ```text
//! 2026-11-22 13:31:06,123 fail2ban.filter [7]: INFO    [sshd] Found 203.0.113.5 - 2026-11-22 13:31:05
//! 2026-11-22 13:30:00,123 fail2ban.server [7]: INFO    Starting Fail2ban v1.0.2
//! ```

use std::io;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memmem;

use crate::domain::address::{Banned, Target};
use crate::domain::traces::{LogTraces, LoggedFailure};

use super::old::{content, files_seen_from, is_compressed};
use super::open;

/// The most bytes that are read, the newest ones.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// The most failures and starts that are told, the newest ones.
const MOST: usize = 2_000;
/// The longest line that is looked at.
const LONGEST_LINE: u64 = 64 * 1024;
/// Characters of the time, without its milliseconds.
const TIME: usize = "2026-11-22 13:31:06".len();

/// A line that is of interest.
#[derive(Debug, PartialEq, Eq)]
enum Trace<'a> {
    Found { jail: &'a str, entry: &'a str, at: DateTime },
    Started(DateTime),
}

/// Reads the newest part of the log at `path` and its rotated files for what they tell of `asked`. Blocks: not for an
/// async thread.
pub(crate) fn read(
    path: &Path,
    process: Option<i32>,
    asked: &Banned,
    zone: &TimeZone,
) -> io::Result<LogTraces> {
    let (mut told, mut left) = (LogTraces::default(), MOST_BYTES);
    for file in files_seen_from(path, process)?.iter().rev() {
        let mut older = LogTraces::default();
        match read_file(file, &mut left, asked, zone, &mut older) {
            // What was not read of it is newer than what was.
            Ok(false) if is_compressed(file) => break,
            Ok(is_whole) => {
                told.prepend(older);
                if !is_whole || told.failures.len() > MOST || told.starts.len() > MOST {
                    break;
                }
            }
            // One that is damaged costs no other.
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "a file of fail2ban's log cannot be read");
            }
        }
    }
    told.is_cut |= told.failures.len() > MOST;
    told.failures.drain(..told.failures.len().saturating_sub(MOST));
    told.starts.drain(..told.starts.len().saturating_sub(MOST));
    Ok(told)
}

/// Reads one file, of a plain one the end. Takes what is read from `left`, and returns false if that was not enough.
fn read_file(
    path: &Path,
    left: &mut u64,
    asked: &Banned,
    zone: &TimeZone,
    told: &mut LogTraces,
) -> io::Result<bool> {
    let mut file = open(path)?;
    let length = file.metadata()?.len();
    let skipped = if is_compressed(path) { 0 } else { length.saturating_sub(*left) };
    file.seek(SeekFrom::Start(skipped))?;
    let mut lines = BufReader::new(content(file, is_compressed(path)));
    let mut line = Vec::new();
    if skipped > 0 {
        // The first is cut.
        (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    }
    let finders = [memmem::Finder::new("] Found "), memmem::Finder::new(" Starting Fail2ban ")];
    while *left > 0 {
        line.clear();
        let length = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(skipped == 0);
        }
        *left = left.saturating_sub(length as u64);
        let instant = |time: DateTime| zone.to_ambiguous_timestamp(time).compatible().ok();
        if told.begins.is_none() {
            let text = String::from_utf8_lossy(&line);
            told.begins = time_of(&text).and_then(instant).map(jiff::Timestamp::as_second);
        }
        if !finders.iter().any(|finder| finder.find(&line).is_some()) {
            continue;
        }
        match parse(&String::from_utf8_lossy(&line)) {
            Some(Trace::Found { jail, entry, at }) if concerns(asked, entry) => {
                let jail = jail.to_owned();
                told.failures.extend(instant(at).map(|at| LoggedFailure { at, jail }));
                if told.failures.len() == 2 * MOST {
                    told.failures.drain(..MOST);
                    told.is_cut = true;
                }
            }
            Some(Trace::Started(at)) => told.starts.extend(instant(at).map(jiff::Timestamp::as_second)),
            Some(Trace::Found { .. }) | None => {}
        }
    }
    Ok(false)
}

fn time_of(line: &str) -> Option<DateTime> {
    line.get(..TIME)?.parse().ok()
}

fn parse(line: &str) -> Option<Trace<'_>> {
    let time = time_of(line)?;
    let (head, message) = line.split_once("]: INFO")?;
    let (name, process) = head.rsplit_once('[')?;
    if !process.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let message = message.trim();
    if name.contains(" fail2ban.server") && message.starts_with("Starting Fail2ban v") {
        return Some(Trace::Started(time));
    }
    let message = message.strip_prefix('[').filter(|_| name.contains(" fail2ban.filter"))?;
    // A jail may be named `a] Found b`; what is found last has no such words.
    let (jail, found) = message.rsplit_once("] Found ")?;
    let (entry, at) = found.rsplit_once(" - ")?;
    Some(Trace::Found { jail, entry, at: at.parse().ok()? })
}

fn concerns(asked: &Banned, found: &str) -> bool {
    match (asked, Banned::from_daemon(found)) {
        (Banned::Target(Target::Network(network)), Banned::Target(Target::Address(address))) => {
            network.contains(&address)
        }
        (Banned::Target(Target::Network(network)), Banned::Target(Target::Network(inner))) => {
            network.contains(&inner)
        }
        (asked, found) => *asked == found,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs::{self, File};
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use jiff::Timestamp;

    use super::*;

    const FOUND: &str = "2026-11-22 13:31:06,123 fail2ban.filter         [7]: INFO    [sshd] Found 203.0.113.5 - 2026-11-22 13:31:05\n";
    const STARTED: &str =
        "2026-11-22 13:30:00,123 fail2ban.server         [7]: INFO    Starting Fail2ban v1.0.2\n";

    fn told(log: &Path, asked: &str) -> Result<LogTraces, Box<dyn Error>> {
        Ok(read(log, None, &Banned::from_daemon(asked), &TimeZone::UTC)?)
    }

    #[test]
    fn a_line_of_each_kind_is_read_and_none_that_only_looks_like_one() {
        let at = "2026-11-22T13:31:05".parse();
        assert_eq!(parse(FOUND), at.ok().map(|at| Trace::Found { jail: "sshd", entry: "203.0.113.5", at }));
        assert!(matches!(parse(STARTED), Some(Trace::Started(_))));
        for line in [
            FOUND.replace("fail2ban.filter", "fail2ban.actions"),
            FOUND.replace("INFO ", "NOTICE "),
            FOUND.replace("[7]", "[x]"),
            FOUND.replace(" - 2026-11-22 13:31:05", ""),
            FOUND.replace("2026-11-22 13:31:06", "22.11.2026 13:31:06"),
            // fail2ban/server/observer.py, of growing ban times.
            FOUND.replace("Found 203.0.113.5 -", "Found 203.0.113.5, bad -").replace("filter", "observer"),
            STARTED.replace("server ", "filter "),
        ] {
            assert_eq!(parse(&line), None, "{line}");
        }
    }

    #[test]
    fn rotated_files_are_read_and_only_what_is_asked_for_is_told() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("fail2ban.log");
        let packed = File::create(directory.path().join("fail2ban.log.2.gz"))?;
        let mut packed = GzEncoder::new(packed, Compression::fast());
        packed.write_all(format!("{STARTED}{FOUND}").as_bytes())?;
        packed.finish()?;
        fs::write(directory.path().join("fail2ban.log.3.gz"), "damaged")?;
        let other = FOUND.replace("203.0.113.5", "203.0.113.6").replace("[sshd]", "[web]");
        fs::write(&log, format!("{other}{FOUND}{STARTED}"))?;
        let address = told(&log, "203.0.113.5")?;
        let jails =
            |told: &LogTraces| -> Vec<String> { told.failures.iter().map(|own| own.jail.clone()).collect() };
        assert_eq!((jails(&address), address.starts.len()), (vec!["sshd".to_owned(); 2], 2));
        let first: Timestamp = "2026-11-22T13:30:00Z".parse()?;
        assert_eq!(address.begins, Some(first.as_second()));
        assert_eq!(jails(&told(&log, "203.0.113.0/29")?), ["sshd", "web", "sshd"]);
        assert_eq!(jails(&told(&log, "198.51.100.0/24")?), [""; 0]);
        Ok(())
    }

    #[test]
    fn of_a_compressed_file_that_is_too_large_nothing_is_told() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("fail2ban.log");
        let packed = File::create(directory.path().join("fail2ban.log.2.gz"))?;
        let mut packed = GzEncoder::new(packed, Compression::fast());
        packed.write_all(FOUND.as_bytes())?;
        let filler = format!("{}\n", "x".repeat(60_000)).into_bytes();
        for _ in 0..=MOST_BYTES / filler.len() as u64 {
            packed.write_all(&filler)?;
        }
        packed.write_all(FOUND.as_bytes())?;
        packed.finish()?;
        fs::write(&log, STARTED)?;
        let told = told(&log, "203.0.113.5")?;
        // Its beginning alone would hide that its end, which is newer, is missing.
        assert_eq!((told.failures.len(), told.starts.len()), (0, 1));
        Ok(())
    }

    #[test]
    fn of_a_large_log_the_end_is_read_and_of_many_failures_the_newest() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("fail2ban.log");
        let mut file = File::create(&log)?;
        file.write_all(STARTED.as_bytes())?;
        file.set_len(MOST_BYTES)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(format!("\n{}", FOUND.repeat(MOST + 5)).as_bytes())?;
        let told = told(&log, "203.0.113.5")?;
        assert_eq!((told.failures.len(), told.starts.len(), told.is_cut), (MOST, 0, true));
        Ok(())
    }
}
