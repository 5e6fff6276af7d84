//! The clock of the daemon's process, from `/proc`. Its time zone is the one that it found when it started:
//! it never calls `tzset` again (`fail2ban/server/mytime.py` only converts).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::io::Errno;
use rustix::param::clock_ticks_per_second;

/// The directory in which the C library finds its zones (tzset(3)) unless `TZDIR` says otherwise.
const ZONES: &str = "/usr/share/zoneinfo";
const LOCAL: &str = "/etc/localtime";
/// The longest environment that is read, in bytes, and the longest zone. Real ones have 4 KB.
const LONGEST: u64 = 1024 * 1024;

/// A time zone and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedZone {
    pub(crate) zone: TimeZone,
    pub(crate) name: String,
}

/// The clock of a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcessClock {
    /// Its time zone; `None` where that cannot be read.
    pub(crate) zone: Option<NamedZone>,
    /// The time when it started.
    pub(crate) started: Option<Timestamp>,
}

/// Reads the clock of process `pid`, where that is fail2ban: a socket that systemd opened is systemd's. Blocks.
pub(crate) fn read_clock(pid: u32) -> ProcessClock {
    let command_line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if memchr::memmem::find(&command_line, b"fail2ban").is_none() {
        return ProcessClock::default();
    }
    let zone =
        zone_of(pid).inspect_err(|error| tracing::debug!(%error, pid, "no time zone of fail2ban's process"));
    let started =
        started(pid).inspect_err(|error| tracing::debug!(%error, pid, "no start of fail2ban's process"));
    ProcessClock { zone: zone.ok(), started: started.ok() }
}

fn zone_of(pid: u32) -> io::Result<NamedZone> {
    let mut environment = Vec::new();
    File::open(format!("/proc/{pid}/environ"))?.take(LONGEST).read_to_end(&mut environment)?;
    let variable = |name: &str| {
        let mut variables = environment.split(|byte| *byte == 0);
        let value =
            variables.find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        Some(OsStr::from_bytes(value).to_owned())
    };
    let root = File::open(format!("/proc/{pid}/root"))?;
    let Some(set) = variable("TZ") else { return local(&root, pid) };
    let directory = variable("TZDIR").map_or_else(|| PathBuf::from(ZONES), PathBuf::from);
    named(&root, &directory, &set.to_string_lossy())
}

/// The zone that `TZ` names: a file, or else a rule, or else UTC, as in a container without zones.
fn named(root: &File, directory: &Path, set: &str) -> io::Result<NamedZone> {
    let (is_file, name) = set.strip_prefix(':').map_or((false, set), |name| (true, name));
    let utc = NamedZone { zone: TimeZone::UTC, name: "UTC".to_owned() };
    if name.is_empty() {
        return Ok(utc);
    }
    let path = directory.join(name);
    if path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_))) {
        match file(root, &path, name) {
            Err(error) if is_absent(&error) => {}
            found => return found,
        }
    }
    match TimeZone::posix(name) {
        Ok(zone) if !is_file => Ok(NamedZone { zone, name: name.to_owned() }),
        _ => Ok(utc),
    }
}

/// The zone of a process without `TZ`: that of the system that it sees, or else UTC.
fn local(root: &File, pid: u32) -> io::Result<NamedZone> {
    let link = std::fs::read_link(format!("/proc/{pid}/root{LOCAL}")).ok();
    let link = link.as_deref().and_then(Path::to_str).and_then(|path| path.split_once("zoneinfo/"));
    match file(root, Path::new(LOCAL), link.map_or(LOCAL, |(_, name)| name)) {
        Err(error) if is_absent(&error) => Ok(NamedZone { zone: TimeZone::UTC, name: "UTC".to_owned() }),
        found => found,
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// Reads the zone in the file `path` of the process with this `root`, whose links lead to nowhere
/// else.
fn file(root: &File, path: &Path, name: &str) -> io::Result<NamedZone> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut file = File::from(match openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        // systemd's RestrictSUIDSGID= takes the call away. In our own root a path leads to the same file without it.
        Err(Errno::NOSYS) if is_ours(root)? => open(Path::new("/").join(path), flags, Mode::empty())?,
        opened => opened?,
    });
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    file.by_ref().take(LONGEST).read_to_end(&mut bytes)?;
    let zone = TimeZone::tzif(name, &bytes).map_err(io::Error::other)?;
    Ok(NamedZone { zone, name: name.to_owned() })
}

/// Returns true if `root` is the root directory of this process as well.
fn is_ours(root: &File) -> io::Result<bool> {
    let (root, ours) = (root.metadata()?, std::fs::metadata("/")?);
    Ok((root.dev(), root.ino()) == (ours.dev(), ours.ino()))
}

/// Returns the time when process `pid` started: ticks since the boot (`proc(5)`, `/proc/pid/stat`),
/// and the time of the boot.
fn started(pid: u32) -> io::Result<Timestamp> {
    let unreadable = || io::Error::from(io::ErrorKind::InvalidData);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before the last bracket may hold anything. Behind it the start is the 20th.
    let (_, fields) = stat.rsplit_once(')').ok_or_else(unreadable)?;
    let ticks = fields.split_whitespace().nth(19).and_then(|ticks| ticks.parse::<u64>().ok());
    let seconds = ticks.ok_or_else(unreadable)? / clock_ticks_per_second().max(1);
    let system = std::fs::read_to_string("/proc/stat")?;
    let boot = system.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok());
    let at = boot.ok_or_else(unreadable)?.checked_add_unsigned(seconds).ok_or_else(unreadable)?;
    Timestamp::from_second(at).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// An offset of a quarter of an hour that no other zone here has, as a file of zoneinfo.
    fn kathmandu() -> io::Result<Vec<u8>> {
        std::fs::read(Path::new(ZONES).join("Asia/Kathmandu"))
    }

    fn offset(found: io::Result<NamedZone>) -> io::Result<(i32, String)> {
        found.map(|found| (found.zone.to_offset(Timestamp::UNIX_EPOCH).seconds(), found.name))
    }

    #[test]
    fn a_zone_is_read_from_the_files_of_its_own_system() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let zones = directory.path().join("usr/share/zoneinfo/Own");
        std::fs::create_dir_all(&zones)?;
        std::fs::create_dir(directory.path().join("etc"))?;
        std::fs::write(zones.join("Town"), kathmandu()?)?;
        symlink("/usr/share/zoneinfo/Own/Town", directory.path().join("etc/localtime"))?;
        let root = File::open(directory.path())?;
        let named = |set: &str| offset(named(&root, Path::new(ZONES), set));
        assert_eq!(named("Own/Town")?, (19_800, "Own/Town".to_owned()));
        assert_eq!(named(":Own/Town")?, (19_800, "Own/Town".to_owned()));
        assert_eq!(named("/usr/share/zoneinfo/Own/Town")?.0, 19_800);
        assert_eq!(offset(file(&root, Path::new(LOCAL), LOCAL))?.0, 19_800, "an absolute link stays inside");
        // The C library takes UTC where there is no such zone.
        for set in ["Europe/Berlin", "", "../../etc/localtime", "Own", "nonsense", ":CET-1"] {
            assert_eq!(named(set)?, (0, "UTC".to_owned()), "{set}");
        }
        assert_eq!(named("CET-1CEST,M3.5.0,M10.5.0/3")?.0, 3600);
        std::fs::write(zones.join("Broken"), "no zone")?;
        assert!(named("Own/Broken").is_err());
        Ok(())
    }

    #[test]
    fn this_process_has_started_and_is_not_fail2ban() -> io::Result<()> {
        let own = started(std::process::id())?;
        assert!(own <= Timestamp::now() && own > Timestamp::UNIX_EPOCH);
        assert!(
            read_clock(std::process::id()).zone.is_none()
                || std::env::args().any(|word| word.contains("fail2ban"))
        );
        Ok(())
    }
}
