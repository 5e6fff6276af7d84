//! The built `bangui serve`, as a process of its own whose log can be read.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bangui::domain::account::Role;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::site::NAME;
use crate::support::{site, until};

/// The built program, which trusts this machine as its proxy. It ends when this is dropped.
pub struct Program {
    child: Child,
    /// The address that it listens on.
    pub address: SocketAddr,
    directory: TempDir,
}

impl Program {
    /// Starts it in front of the fail2ban behind `socket`, with the account [`NAME`] and `others`.
    pub async fn start(socket: &Path, others: &[String]) -> Result<Self, Box<dyn Error>> {
        let accounts: Vec<(&str, Role)> = others.iter().map(|name| (name.as_str(), Role::Viewer)).collect();
        Self::start_with(socket, &accounts, &[], &[]).await
    }

    /// Starts it with accounts of any role, further arguments, and variables in its environment.
    pub async fn start_with(
        socket: &Path,
        others: &[(&str, Role)],
        arguments: &[&OsStr],
        environment: &[(&str, &str)],
    ) -> Result<Self, Box<dyn Error>> {
        Self::start_as(Command::new(env!("CARGO_BIN_EXE_bangui")), socket, others, arguments, environment)
            .await
    }

    /// Starts it in a mount namespace of its own, after the shell commands `before` there. Needs root.
    pub async fn start_after(before: &str, socket: &Path) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", &format!("{before}\nexec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_bangui"));
        Self::start_as(command, socket, &[], &[], &[]).await
    }

    async fn start_as(
        mut command: Command,
        socket: &Path,
        others: &[(&str, Role)],
        arguments: &[&OsStr],
        environment: &[(&str, &str)],
    ) -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let database = directory.path().join("bangui.sqlite3");
        site::add_account(&database, NAME, Role::Administrator).await?;
        for (name, role) in others {
            site::add_account(&database, name, *role).await?;
        }
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("BANGUI_") {
                command.env_remove(variable);
            }
        }
        // Whatever is configured on this machine.
        command.env("BANGUI_CONFIG", "/dev/null");
        command
            .args(["serve", "--listen=127.0.0.1:0", "--trusted-proxy=127.0.0.1", "--allow-plain-http"])
            .arg("--database")
            .arg(database)
            .arg("--fail2ban-socket")
            .arg(socket)
            .args(arguments)
            .envs(environment.iter().copied());
        let log = File::create(log_in(&directory))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        let mut program = Self { child, address: SocketAddr::from(([0, 0, 0, 0], 0)), directory };
        until("it says where it listens", || {
            let log = program.log()?;
            let Some((_, rest)) = log.split_once("BanGUI listens on http://") else { return Ok(false) };
            let Some((address, _)) = rest.split_once('\n') else { return Ok(false) };
            program.address = address.parse()?;
            Ok(true)
        })
        .await?;
        Ok(program)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), Box<dyn Error>> {
        let pid = Pid::from_raw(self.child.id().try_into()?).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// The file with its standard error.
    pub fn log_file(&self) -> PathBuf {
        log_in(&self.directory)
    }

    /// Its log so far.
    pub fn log(&self) -> Result<String, Box<dyn Error>> {
        Ok(fs::read_to_string(self.log_file())?)
    }

    /// The most resident memory since it began, in KiB.
    pub fn most_memory(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
        Ok(peak.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn log_in(directory: &TempDir) -> PathBuf {
    directory.path().join("bangui.log")
}
