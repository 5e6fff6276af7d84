//! Finding in fail2ban's log the actions that failed while it ran a command.

use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::domain::action_failure::{ActionFailure, ActionTask, JailFailures};
use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::domain::traces::LogTraces;
use crate::fail2ban::daemon::Daemon;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::ServerSetting;
use crate::fail2ban::server_log::old::{LogPart, LogPlace};
use crate::fail2ban::server_log::{LogFile, Mark, STDERR, failures, old, traces};

impl Daemon {
    /// Asks `command`, which runs actions of `jail`, and finds in fail2ban's log those of them that
    /// failed for the `concerned` entries. fail2ban runs them before it answers
    /// (`fail2ban/server/actions.py`, `addBannedIP`).
    ///
    /// # Errors
    /// Those of the command. That the log cannot be read is none.
    pub(crate) async fn ask_and_watch_actions(
        &self,
        command: Command<'_>,
        jail: &JailName,
        concerned: impl Fn(&Banned) -> bool,
    ) -> Result<(Value, Vec<ActionFailure>), Error> {
        let mark = self.mark_log().await;
        // Asked behind the command, so that it delays nothing: a reload may have changed it.
        let (answer, target) = tokio::join!(self.ask(command), self.ask(TARGET));
        self.learn_target(target).await;
        let answer = answer?;
        let jails = std::slice::from_ref(jail);
        let failed = self.failures_since(mark.into_iter().collect(), jails, concerned).await;
        let failures = failed.into_iter().flat_map(|of_jail| of_jail.failures);
        // Its start is no part of a command.
        Ok((answer, failures.filter(|failure| failure.task != ActionTask::Start).collect()))
    }

    /// Returns the actions of `jails` that failed since `marks`, for the `concerned` entries.
    /// Nothing is known of them where a log cannot be read.
    pub(crate) async fn failures_since(
        &self,
        marks: Vec<Mark>,
        jails: &[JailName],
        concerned: impl Fn(&Banned) -> bool,
    ) -> Vec<JailFailures> {
        let mut log = String::new();
        for mark in marks {
            match tokio::task::spawn_blocking(move || mark.read()).await {
                Ok(Ok(written)) => log.push_str(&String::from_utf8_lossy(&written)),
                Ok(Err(error)) => not_read(&error),
                Err(error) => not_read(&error),
            }
        }
        failures::parse_failures(&self.without_secrets(log).await, jails, concerned)
    }

    /// Returns `log` with the secrets of actions masked in the lines that commands wrote to their
    /// standard error: nothing else of it is shown. Where the secrets cannot be learnt those lines
    /// are left out.
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

    /// Reads a part of the log and its rotated files. Empty where there is none that can be read.
    pub(crate) async fn logged_bans(&self, place: LogPlace) -> Result<LogPart, Error> {
        let Some((path, process, zone)) = self.readable_log().await? else { return Ok(LogPart::default()) };
        let read = tokio::task::spawn_blocking(move || old::read(&path, process, place, &zone)).await;
        match read.map_err(|error| Error::Unreadable(error.to_string()))? {
            Ok(part) => Ok(part),
            Err(error) => {
                tracing::warn!(%error, "fail2ban's log cannot be read, so nothing is known from it");
                Ok(LogPart::default())
            }
        }
    }

    /// What the newest part of the log and its rotated files tells of an entry. Nothing where none can be read.
    pub(crate) async fn log_traces(&self, asked: &Banned) -> Result<LogTraces, Error> {
        let Some((path, process, zone)) = self.readable_log().await? else { return Ok(LogTraces::default()) };
        let asked = asked.clone();
        let read = tokio::task::spawn_blocking(move || traces::read(&path, process, &asked, &zone)).await;
        match read.map_err(|error| Error::Unreadable(error.to_string()))? {
            Ok(told) => Ok(told),
            Err(error) => {
                tracing::warn!(%error, "fail2ban's log cannot be read, so nothing is known from it");
                Ok(LogTraces::default())
            }
        }
    }

    /// The log file, the daemon's process and its time zone. `None` where it logs to no file.
    async fn readable_log(&self) -> Result<Option<(PathBuf, Option<i32>, TimeZone)>, Error> {
        let Some(LogFile { path: Some(path), process, .. }) = self.log_target().await else {
            return Ok(None);
        };
        let (candidates, _) = self.candidates().await?;
        Ok(Some((path, process, candidates.first())))
    }

    /// The daemon's log target, which is asked for where it is not known.
    async fn log_target(&self) -> Option<LogFile> {
        if self.log_file().is_none() {
            let target = self.ask(TARGET).await;
            self.learn_target(target).await;
        }
        self.log_file()
    }

    /// The end of the log now, where there is one that can be read.
    pub(crate) async fn mark_log(&self) -> Option<Mark> {
        let LogFile { path, process, .. } = self.log_target().await?;
        let path = path?;
        match tokio::task::spawn_blocking(move || Mark::at_end_of(&path, process)).await {
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

    pub(crate) fn log_file(&self) -> Option<LogFile> {
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

fn not_read(error: &dyn std::error::Error) {
    tracing::warn!(%error, "fail2ban's log was not read, so failed actions are not seen");
}

pub(crate) const TARGET: Command<'static> = Command::GetServer(ServerSetting::LogTarget);
