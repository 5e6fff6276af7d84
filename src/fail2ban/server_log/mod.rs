//! What fail2ban writes into its own log while it runs a command. Where the log is no file, or none that
//! may be read, nothing is known of it.

mod failures;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::command::{self, Command};
use super::pickle::Value;
use super::setting::ServerSetting;
use super::{Daemon, Error};
use crate::domain::action_failure::ActionFailure;
use crate::domain::address::Banned;
use crate::domain::jail::JailName;

/// How much is read of what was logged during one command, in bytes.
const LONGEST: u64 = 2 * 1024 * 1024;

/// Where the daemon writes its log, as it last told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LogFile {
    /// The generation of the connection on which it was told.
    generation: u64,
    /// An absolute path as the daemon sees it; `None` where it logs to no file.
    path: Option<PathBuf>,
    /// The daemon's process, where the system tells it.
    process: Option<i32>,
}

/// What is known of the daemon's log.
#[derive(Debug, Clone, Default)]
pub(super) struct ServerLog(Arc<Mutex<Option<LogFile>>>);

impl ServerLog {
    fn known(&self, generation: u64) -> Option<LogFile> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|file| file.generation == generation && generation != 0)
    }

    fn learn(&self, file: LogFile) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }
}

/// The end of the log at one moment.
struct Mark {
    file: File,
    end: u64,
}

impl Daemon {
    /// Asks `command`, which runs actions of `jail`, and finds in fail2ban's log which of them failed for
    /// those that are `concerned`. fail2ban runs them before it answers (`fail2ban/server/actions.py`,
    /// `addBannedIP`).
    ///
    /// # Errors
    /// Those of the command. That the log cannot be read is none.
    pub(super) async fn ask_and_watch_actions(
        &self,
        command: Command<'_>,
        jail: &JailName,
        concerned: impl Fn(&Banned) -> bool,
    ) -> Result<(Value, Vec<ActionFailure>), Error> {
        let mark = self.mark().await;
        // Asked behind the command, so that it delays nothing: a reload may have changed it.
        let (answer, target) = tokio::join!(self.ask(command), self.ask(TARGET));
        self.learn_target(target).await;
        let answer = answer?;
        let Some(mark) = mark else { return Ok((answer, Vec::new())) };
        let log = match tokio::task::spawn_blocking(move || mark.read()).await {
            Ok(Ok(log)) => String::from_utf8_lossy(&log).into_owned(),
            Ok(Err(error)) => return Ok((answer, not_read(&error))),
            Err(error) => return Ok((answer, not_read(&error))),
        };
        let log = self.without_secrets(log).await;
        Ok((answer, failures::read(&log, jail, concerned)))
    }

    /// `log` with the secrets of actions masked in what commands wrote to their standard error: nothing else of
    /// it is shown. Where the secrets cannot be learnt those lines are left out.
    async fn without_secrets(&self, log: String) -> String {
        if !log.contains(STDERR) {
            return log;
        }
        let learnt = self.learn_secrets().await;
        if let Err(error) = &learnt {
            tracing::warn!(%error, "the error output of a failed action is not shown: its secrets are not known");
        }
        let line = |line: &str| match (line.contains(STDERR), &learnt) {
            (true, Ok(())) => self.known_secrets().mask(line),
            (true, Err(_)) => String::new(),
            (false, _) => line.to_owned(),
        };
        log.split_inclusive('\n').map(line).collect()
    }

    /// The end of the log now, where there is one that can be read.
    async fn mark(&self) -> Option<Mark> {
        if self.log_file().is_none() {
            let target = self.ask(TARGET).await;
            self.learn_target(target).await;
        }
        let LogFile { path, process, .. } = self.log_file()?;
        let path = path?;
        match tokio::task::spawn_blocking(move || Mark::of(&path, process)).await {
            Ok(Ok(mark)) => Some(mark),
            Ok(Err(error)) => {
                tracing::debug!(%error, "fail2ban's log cannot be read, so failed actions are not seen");
                None
            }
            Err(error) => {
                tracing::error!(%error, "fail2ban's log was not opened");
                None
            }
        }
    }

    fn log_file(&self) -> Option<LogFile> {
        self.server_log.known(self.generation())
    }

    async fn learn_target(&self, answer: Result<Value, Error>) {
        let generation = self.generation();
        let path = match answer.and_then(command::text) {
            Ok(text) => Some(PathBuf::from(text)).filter(|path| path.is_absolute()),
            Err(error) => return tracing::debug!(%error, "fail2ban did not tell where it logs"),
        };
        if self.log_file().is_some_and(|known| known.path == path) {
            return;
        }
        let process = match self.process_id().await {
            Ok(process) => process,
            Err(error) => return tracing::debug!(%error, "fail2ban's process is not known"),
        };
        self.server_log.learn(LogFile { generation, path, process });
    }
}

/// Stands before what a command wrote to its standard error (`fail2ban/server/utils.py`, `executeCmd`).
const STDERR: &str = " -- stderr: ";
const TARGET: Command<'static> = Command::GetServer(ServerSetting::LogTarget);

fn not_read(error: &dyn std::error::Error) -> Vec<ActionFailure> {
    tracing::warn!(%error, "fail2ban's log was not read, so failed actions are not seen");
    Vec::new()
}

impl Mark {
    /// Opens the log at `path`. A daemon in a container sees another file there than we do, so it is
    /// looked for in the daemon's own root first.
    fn of(path: &Path, process: Option<i32>) -> io::Result<Self> {
        let in_its_root = process.filter(|process| *process > 0).map(|process| {
            let root = PathBuf::from(format!("/proc/{process}/root"));
            root.join(path.strip_prefix("/").unwrap_or(path))
        });
        let mut file = match in_its_root.map(|path| open(&path)) {
            Some(Ok(file)) => file,
            Some(Err(_)) | None => open(path)?,
        };
        let end = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, end })
    }

    /// What was written since, up to [`LONGEST`].
    fn read(mut self) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(self.end))?;
        let mut written = Vec::new();
        self.file.take(LONGEST).read_to_end(&mut written)?;
        Ok(written)
    }
}

/// Opens a file, and no pipe or device, which could make us wait.
fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other(format!("{} is no file", path.display())))
    }
}
