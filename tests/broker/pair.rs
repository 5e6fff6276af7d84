//! A web server and its broker, as two processes of two users, on a real fail2ban.

use std::error::Error;
use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bangui::demo::{DemoJail, PrivateDaemon};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::broker::people::{WEB, require_root};
use crate::support::as_user::{command, program_for_all};
use crate::support::site::{NAME, PASSWORD};
use crate::support::{TestResult, until};

/// A process that is killed when this is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, whose standard error goes to `log`.
    pub fn start(mut command: Command, log: PathBuf) -> Result<Self, Box<dyn Error>> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        Ok(Self { child, log })
    }

    /// What it has logged.
    pub fn log(&self) -> Result<String, Box<dyn Error>> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// Waits until it has logged `text`.
    pub async fn until_logs(&self, text: &str) -> TestResult {
        until(&format!("{text:?} is in the log"), || Ok(self.log()?.contains(text))).await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> TestResult {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Waits for its end; whether it ended well.
    pub fn ended(&mut self) -> Result<bool, Box<dyn Error>> {
        Ok(self.child.wait()?.success())
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it and waits until it is gone.
    pub fn kill(&mut self) -> TestResult {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.kill();
    }
}

/// Both processes and the daemon behind them. All end when this is dropped.
pub struct Pair {
    web: Process,
    /// The broker.
    pub broker: Process,
    /// The fail2ban.
    pub daemon: PrivateDaemon,
    /// Where the web server listens.
    pub address: SocketAddr,
    /// The program, where all may run it.
    pub program: PathBuf,
    directory: TempDir,
}

impl Pair {
    /// Starts fail2ban with these jails, the broker as root, and the web server as [`WEB`].
    pub async fn start(jails: &[DemoJail]) -> Result<Self, Box<dyn Error>> {
        Self::start_with(jails, &[]).await
    }

    /// The same, with variables in the environment of fail2ban.
    pub async fn start_with(
        jails: &[DemoJail],
        environment: &[(&str, &str)],
    ) -> Result<Self, Box<dyn Error>> {
        require_root()?;
        let daemon = PrivateDaemon::start_with(jails, environment).await?;
        daemon.supervise();
        // As of one whose actions hold passwords.
        fs::set_permissions(daemon.config_dir(), fs::Permissions::from_mode(0o700))?;
        let directory = tempfile::Builder::new().prefix("bangui-broker-").tempdir()?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let program = program_for_all(directory.path())?;
        let data = directory.path().join("data");
        fs::create_dir(&data)?;
        chown(&data, Some(WEB), Some(WEB))?;
        add_account(&program, &data.join("bangui.sqlite3"))?;
        let broker = start_broker(&program, directory.path(), &daemon).await?;
        let (web, address) = start_web(&program, directory.path()).await?;
        Ok(Self { web, broker, daemon, address, program, directory })
    }

    /// A web server of [`WEB`] that opens fail2ban's socket itself, and may read nothing else of it.
    pub async fn web_without_broker(&self) -> Result<(Process, SocketAddr), Box<dyn Error>> {
        let mode = fs::Permissions::from_mode;
        fs::set_permissions(self.daemon.directory(), mode(0o711))?;
        fs::set_permissions(self.daemon.socket(), mode(0o666))?;
        fs::set_permissions(self.daemon.database(), mode(0o600))?;
        let database = self.directory.path().join("data/own.sqlite3");
        add_account(&self.program, &database)?;
        let mut command = command(WEB, &self.program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--fail2ban-socket"]).arg(self.daemon.socket());
        command.arg("--database").arg(database);
        listening(Process::start(command, self.directory.path().join("own.log"))?).await
    }

    /// The file of the broker's record.
    pub fn audit_file(&self) -> PathBuf {
        self.directory.path().join("changes")
    }

    /// The web server's database.
    pub fn database(&self) -> PathBuf {
        self.directory.path().join("data/bangui.sqlite3")
    }

    /// The broker's socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.directory.path())
    }

    /// Another broker on the same socket, which may not want to start.
    pub fn second_broker(&self) -> Command {
        broker_command(&self.program, self.directory.path(), &self.daemon)
    }

    /// Starts a broker in the place of the one that has ended.
    pub async fn start_broker_again(&mut self) -> TestResult {
        self.broker = start_broker(&self.program, self.directory.path(), &self.daemon).await?;
        Ok(())
    }

    /// Starts a broker in its place through a program that runs its arguments in the same process.
    pub async fn start_broker_through(&mut self, through: &[&str]) -> TestResult {
        let plain = broker_command(&self.program, self.directory.path(), &self.daemon);
        let (first, rest) = through.split_first().ok_or("no program")?;
        let mut command = command(0, first.as_ref());
        command.args(rest).arg(plain.get_program()).args(plain.get_args());
        self.broker = Process::start(command, self.directory.path().join("broker.log"))?;
        self.broker.until_logs("broker listens").await
    }

    /// The process of the web server.
    pub fn web_id(&self) -> u32 {
        self.web.id()
    }

    /// What the web server has logged.
    pub fn web_log(&self) -> Result<String, Box<dyn Error>> {
        self.web.log()
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("broker.sock")
}

fn broker_command(program: &Path, directory: &Path, daemon: &PrivateDaemon) -> Command {
    let mut command = command(0, program);
    command.arg("broker").arg("--socket").arg(socket(directory));
    command.args(["--allow-user", &WEB.to_string()]).arg("--audit-file").arg(directory.join("changes"));
    command.arg("--fail2ban-socket").arg(daemon.socket()).arg("--fail2ban-config").arg(daemon.config_dir());
    command.arg("--fail2ban-restart-command").arg(daemon.restart_command().join(" "));
    command
}

async fn start_broker(
    program: &Path,
    directory: &Path,
    daemon: &PrivateDaemon,
) -> Result<Process, Box<dyn Error>> {
    let command = broker_command(program, directory, daemon);
    let process = Process::start(command, directory.join("broker.log"))?;
    process.until_logs("broker listens").await?;
    Ok(process)
}

async fn start_web(program: &Path, directory: &Path) -> Result<(Process, SocketAddr), Box<dyn Error>> {
    let mut command = command(WEB, program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--broker"]).arg(socket(directory));
    command.arg("--database").arg(directory.join("data/bangui.sqlite3"));
    listening(Process::start(command, directory.join("web.log"))?).await
}

/// A web server, once it says where it listens.
async fn listening(process: Process) -> Result<(Process, SocketAddr), Box<dyn Error>> {
    process.until_logs("listens on http://").await?;
    let log = process.log()?;
    let (_, after) = log.split_once("listens on http://").ok_or("no address")?;
    let address = after.split_whitespace().next().ok_or("no address")?.parse()?;
    Ok((process, address))
}

/// Adds the account [`NAME`] to the database of [`WEB`].
pub fn add_account(program: &Path, database: &Path) -> TestResult {
    let mut command = command(WEB, program);
    command.args(["user", "add", NAME, "--database"]).arg(database).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(PASSWORD.as_bytes())?;
    if child.wait()?.success() { Ok(()) } else { Err("the account was not made".into()) }
}
