//! A real fail2ban-server of our own: unprivileged, without a firewall, in a temporary directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use thiserror::Error;
use tokio::time::sleep;

use super::copy;
use super::installation::Installation;
use super::jail::DemoJail;
use super::paths::Paths;
use super::process::{Process, kill_successor};

/// More than a slow machine under load needs: a daemon that takes longer hangs.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(25);
const SUPERVISOR_POLL: Duration = Duration::from_millis(200);

/// The reason that there is no private daemon.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The program or its configuration is not on this machine.
    #[error(
        "fail2ban is not installed. Install it with your package manager, for example \
         `apt-get install fail2ban`, `dnf install fail2ban` or `apk add fail2ban`, and try again."
    )]
    NotInstalled,
    /// It ended before it was ready. Holds its output.
    #[error("fail2ban-server ended before it was ready: {0}")]
    Exited(String),
    /// It did not become ready in time. Holds its output.
    #[error("fail2ban-server was not ready within {START_LIMIT:?}: {0}")]
    NotReady(String),
    /// fail2ban-client refused a command of the demonstration. Holds its output.
    #[error("fail2ban-client refused: {0}")]
    Refused(String),
    /// A file or process could not be handled.
    #[error("cannot set up a private fail2ban: {0}")]
    Io(#[from] io::Error),
}

/// A fail2ban-server in a directory of its own. Dropping it kills the daemon and removes the
/// directory.
#[derive(Debug)]
pub struct PrivateDaemon {
    directory: TempDir,
    installation: Installation,
    paths: Arc<Paths>,
    process: Arc<Process>,
    jails: Vec<DemoJail>,
}

impl PrivateDaemon {
    /// Starts a daemon of the fail2ban in `PATH` with these jails; it has read its configuration when this
    /// returns.
    ///
    /// # Errors
    /// fail2ban is not installed, ended early or did not become ready. Nothing is left behind.
    pub async fn start(jails: &[DemoJail]) -> Result<Self, DemoError> {
        Self::start_of(Installation::in_path(), jails, &[]).await
    }

    /// The same with variables in its environment, such as `("TZ", "Asia/Kolkata")`.
    pub async fn start_with(jails: &[DemoJail], environment: &[(&str, &str)]) -> Result<Self, DemoError> {
        Self::start_of(Installation::in_path(), jails, environment).await
    }

    /// The same with another fail2ban.
    pub(crate) async fn start_of(
        installation: Installation,
        jails: &[DemoJail],
        environment: &[(&str, &str)],
    ) -> Result<Self, DemoError> {
        let directory = tempfile::Builder::new().prefix("bangui-").tempdir()?;
        let paths = Arc::new(Paths::below(directory.path()));
        copy::lay_out(installation.config_dir(), &paths, jails).map_err(missing_is_not_installed)?;
        let process = Arc::new(Process::of(installation.server(), environment));
        let daemon = Self { directory, installation, paths, process, jails: jails.to_vec() };
        daemon.start_again().await?;
        Ok(daemon)
    }

    /// Starts the daemon after [`Self::kill`] or [`Self::stop`], and waits until it is ready.
    pub async fn start_again(&self) -> Result<(), DemoError> {
        let log_begin = fs::read(&self.paths.server_log)?.len();
        self.process.start(&self.paths).map_err(missing_is_not_installed)?;
        self.wait_until_ready(log_begin).await
    }

    /// Waits until the daemon has read its configuration. `ping` is answered too early for that, so this waits
    /// for what fail2ban's own starter logs then, even after a refusal, after the byte `log_begin`
    /// (`fail2ban/client/fail2banclient.py`, `__processCmd`).
    async fn wait_until_ready(&self, log_begin: usize) -> Result<(), DemoError> {
        let begin = Instant::now();
        loop {
            // Asked first, so that the last words of a daemon that has ended are read.
            let alive = self.process.is_alive()?;
            let output = fs::read_to_string(&self.paths.output)?;
            let ready = output.contains("Server ready") && self.paths.socket.exists();
            let log = fs::read(&self.paths.server_log)?;
            let log = String::from_utf8_lossy(log.get(log_begin..).unwrap_or_default());
            if let Some((_, refusal)) = log.split_once("NOK: ") {
                return Err(DemoError::Exited(refusal.lines().next().unwrap_or_default().to_owned()));
            }
            if ready {
                return Ok(());
            }
            if !alive {
                return Err(DemoError::Exited(output));
            }
            if begin.elapsed() > START_LIMIT {
                return Err(DemoError::NotReady(output));
            }
            sleep(POLL).await;
        }
    }

    /// Starts the daemon again whenever it exits, as a container's supervisor would, until it is
    /// stopped or dropped. Must be called on a tokio runtime.
    pub fn supervise(&self) {
        self.process.set_supervised(true);
        let (paths, process) = (Arc::clone(&self.paths), Arc::clone(&self.process));
        tokio::spawn(async move {
            loop {
                match process.revive(&paths) {
                    Ok(true) => sleep(SUPERVISOR_POLL).await,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::error!(%error, "cannot start the private fail2ban again");
                        break;
                    }
                }
            }
        });
    }

    /// Kills the daemon. Its socket stays behind, as after a crash.
    pub fn kill(&self) -> Result<(), DemoError> {
        Ok(self.process.kill()?)
    }

    /// Ends supervision, tells the daemon to stop, and waits until it has. Kills it if it takes too long.
    pub async fn stop(&self) -> Result<(), DemoError> {
        self.process.set_supervised(false);
        self.process.signal(Signal::TERM)?;
        self.process.signal(Signal::CONT)?;
        let begin = Instant::now();
        while self.process.is_alive()? && begin.elapsed() < STOP_LIMIT {
            sleep(POLL).await;
        }
        Ok(self.process.kill()?)
    }

    /// Freezes the daemon: its socket accepts connections, and nobody answers.
    pub fn pause(&self) -> Result<(), DemoError> {
        Ok(self.process.signal(Signal::STOP)?)
    }

    /// Lets a frozen daemon go on.
    pub fn resume(&self) -> Result<(), DemoError> {
        Ok(self.process.signal(Signal::CONT)?)
    }

    /// The id of the daemon's process, while it runs.
    pub fn pid(&self) -> Result<Option<u32>, DemoError> {
        Ok(self.process.pid()?)
    }

    /// The directory of everything that belongs to the daemon.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.paths.socket
    }

    /// The configuration directory.
    #[must_use]
    pub fn config_dir(&self) -> &Path {
        &self.paths.config_dir
    }

    /// The log file that `jail` reads, unless it reads the daemon's own log.
    #[must_use]
    pub fn log_file(&self, jail: &str) -> PathBuf {
        self.paths.log_file(jail)
    }

    /// The file with a line `ban JAIL IP` or `unban JAIL IP` for each action run.
    #[must_use]
    pub fn action_log(&self) -> &Path {
        &self.paths.action_log
    }

    /// fail2ban's own log.
    #[must_use]
    pub fn server_log(&self) -> &Path {
        &self.paths.server_log
    }

    /// fail2ban's own database.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.paths.database
    }

    /// The fail2ban-client of its version, as a program to start.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.installation.client()
    }

    /// The jails it was started with.
    #[must_use]
    pub fn jails(&self) -> &[DemoJail] {
        &self.jails
    }

    /// The command that restarts a supervised daemon: it stops it.
    #[must_use]
    pub fn restart_command(&self) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        vec![text(&self.client()), "-s".to_owned(), text(&self.paths.socket), "stop".to_owned()]
    }
}

impl Drop for PrivateDaemon {
    fn drop(&mut self) {
        self.process.set_supervised(false);
        for ended in [self.process.kill(), kill_successor(&self.paths)] {
            if let Err(error) = ended {
                tracing::error!(%error, "cannot end the private fail2ban");
            }
        }
        // An action that still runs may add a file while the directory is being removed.
        for _ in 0..20 {
            if fs::remove_dir_all(self.directory.path()).is_ok() {
                break;
            }
            std::thread::sleep(POLL);
        }
    }
}

fn missing_is_not_installed(error: io::Error) -> DemoError {
    if error.kind() == io::ErrorKind::NotFound { DemoError::NotInstalled } else { error.into() }
}
