//! What the benchmarks share: the processes that they measure, and where their figures are kept.

use std::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a benchmark's functions return.
pub type Res<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// For a process to be ready; only a broken one takes so long.
const READY: Duration = Duration::from_mins(1);

/// A process that is killed when this is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, without the settings of whoever runs the benchmark, and waits until it has logged
    /// `ready`.
    pub fn start(mut command: Command, log: &Path, ready: &str) -> Res<Self> {
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("BANGUI_") {
                command.env_remove(variable);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
        let process = Self { child: command.spawn()?, log: log.to_owned() };
        let begin = Instant::now();
        while !process.log()?.contains(ready) {
            if begin.elapsed() > READY {
                return Err(process.log()?.into());
            }
            sleep(Duration::from_millis(10));
        }
        Ok(process)
    }

    /// What it has logged.
    pub fn log(&self) -> Res<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// Where it listens, as it logged it.
    pub fn address(&self) -> Res<SocketAddr> {
        let log = self.log()?;
        let address = log.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        Ok(address.ok_or("no address")?.parse()?)
    }

    /// A line of `/proc/PID/status`, as `VmHWM` (the most memory ever, in KiB).
    pub fn status(&self, name: &str) -> Res<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Puts `text` between `begin` and `end` into the file that the environment names as `variable`, if it does.
pub fn keep(variable: impl AsRef<OsStr>, [begin, end]: [&str; 2], text: &str) -> Res {
    let Some(file) = std::env::var_os(variable) else { return Ok(()) };
    let old = fs::read_to_string(&file)?;
    let missing = || format!("{} has no place for the figures", Path::new(&file).display());
    let (head, rest) = old.split_once(begin).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(end).ok_or_else(missing)?;
    Ok(fs::write(&file, format!("{head}{begin}\n\n{text}\n{end}{tail}"))?)
}

/// The machine's load average over the last minute.
pub fn load_average() -> Res<String> {
    Ok(fs::read_to_string("/proc/loadavg")?.split_whitespace().next().unwrap_or_default().to_owned())
}
