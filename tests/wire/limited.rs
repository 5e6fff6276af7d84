//! The broker as a process with hard limits, and what it took of them.

use std::error::Error;
use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::support::until;
use crate::wire::TestResult;

/// Kilobytes of stack for each thread. Nothing that is nested may need more.
const STACK: u32 = 512;

/// A command for the program, that the system ends where it wants more than `most` megabytes of address
/// space. What is only reserved counts as well, so this is the last line: see [`peak`].
pub fn limited(most: u32, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let limits = format!("ulimit -c 0 && ulimit -s {} && ulimit -v {}", 2 * STACK, most * 1024);
    command.args(["-c", &format!("{limits} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_bangui")]);
    command
        .args(arguments)
        .env("RUST_MIN_STACK", (STACK * 1024).to_string())
        .env("BANGUI_LOG", "warn,bangui=info");
    command
}

/// The most memory that a process has had in use, in megabytes.
pub fn peak(pid: u32) -> TestResult<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// A broker under limits; ends when this is dropped.
pub struct LimitedBroker {
    child: Child,
    directory: TempDir,
}

impl LimitedBroker {
    /// Starts one for the fail2ban behind `fail2ban`.
    pub async fn start(fail2ban: &Path, most: u32) -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let user = geteuid().as_raw().to_string();
        let mut command = limited(most, &["broker", "--allow-user", &user]);
        command.args(["--socket", &path("b.sock"), "--fail2ban-config", &path("none")]);
        command.arg("--fail2ban-socket").arg(fail2ban);
        let log = File::create(path("log"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        let broker = Self { child, directory };
        let listens = || Ok(broker.log()?.contains("broker listens"));
        until("the broker listens", listens).await?;
        Ok(broker)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("b.sock")
    }

    /// What it has logged.
    pub fn log(&self) -> Result<String, Box<dyn Error>> {
        Ok(fs::read_to_string(self.directory.path().join("log"))?)
    }

    /// The most memory that it has had in use, in megabytes.
    pub fn peak(&self) -> TestResult<u64> {
        peak(self.child.id())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> TestResult<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for LimitedBroker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
