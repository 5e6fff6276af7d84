//! The facts in `/proc` about the daemon's process and about ours.

use std::fs;
use std::io;
use std::path::Path;

/// The facts that decide how a daemon is restarted. Control groups are texts as in
/// `/proc/PID/cgroup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessFacts {
    /// The daemon's process.
    pub pid: u32,
    /// The daemon's control groups.
    pub(crate) cgroup: String,
    /// The daemon's command line, its interpreter included.
    pub arguments: Vec<String>,
    /// This program's control groups.
    pub(crate) own_cgroup: String,
    /// True if this system runs under systemd (`sd_booted(3)`).
    pub systemd_runs: bool,
}

impl ProcessFacts {
    /// Reads the facts about the daemon with process number `pid`.
    ///
    /// # Errors
    /// There is no such process, or it may not be looked at.
    pub fn of_process(pid: u32) -> io::Result<Self> {
        let command_line = fs::read(format!("/proc/{pid}/cmdline"))?;
        let words = command_line.split(|&byte| byte == 0).filter(|word| !word.is_empty());
        Ok(Self {
            pid,
            cgroup: fs::read_to_string(format!("/proc/{pid}/cgroup"))?,
            arguments: words.map(|word| String::from_utf8_lossy(word).into_owned()).collect(),
            own_cgroup: fs::read_to_string("/proc/self/cgroup")?,
            systemd_runs: Path::new("/run/systemd/system").is_dir(),
        })
    }

    /// The unit of this system's systemd that the daemon belongs to.
    pub(crate) fn daemon_unit(&self) -> Option<&str> {
        system_service(&self.cgroup).filter(|_| self.systemd_runs)
    }

    /// Returns true if this program is a service, the system's or a user's: its children end with
    /// it.
    pub(crate) fn is_own_service(&self) -> bool {
        self.systemd_runs && systemd_paths(&self.own_cgroup).any(|path| path.ends_with(".service"))
    }

    /// Returns true if the daemon was told to stay in the foreground (`-f`, also among other
    /// letters; `-c`, `-p` and `-s` take a value. `fail2ban/client/fail2bancmdline.py`).
    pub(crate) fn is_in_foreground(&self) -> bool {
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
                continue;
            };
            let (flags, value) = match letters.find(['c', 'p', 's']) {
                Some(at) => (&letters[..at], Some(&letters[at + 1..])),
                None => (letters, None),
            };
            if flags.contains('f') {
                return true;
            }
            if value == Some("") {
                words.next();
            }
        }
        false
    }
}

/// The service that control groups end in, when only slices lie above it: below a container's
/// group, the service is one of the container's own systemd.
fn system_service(cgroup: &str) -> Option<&str> {
    systemd_paths(cgroup).find_map(|path| {
        let (slices, name) = path.rsplit_once('/')?;
        let in_slices =
            slices.split('/').all(|slice| slice.is_empty() || slice.strip_suffix(".slice").is_some());
        (in_slices && name.ends_with(".service")).then_some(name)
    })
}

/// The paths in systemd's hierarchy: `0::PATH` (version 2) and `N:name=systemd:PATH` (version 1).
fn systemd_paths(cgroup: &str) -> impl Iterator<Item = &str> {
    cgroup.lines().filter_map(|line| {
        let (_, hierarchy) = line.split_once(':')?;
        let (controllers, path) = hierarchy.split_once(':')?;
        matches!(controllers, "" | "name=systemd").then_some(path)
    })
}
