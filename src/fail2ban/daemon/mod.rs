//! The interface to fail2ban: one handle with an async method for each question.

pub(crate) mod actions;
pub(crate) mod bans;
pub(crate) mod clock;
pub(crate) mod database;
pub(crate) mod detail;
pub(crate) mod filter_settings;
pub(crate) mod ignore_list;
pub(crate) mod jail_list;
pub(crate) mod jail_state;
pub(crate) mod lacks;
pub(crate) mod last_jails;
pub(crate) mod live_state;
pub(crate) mod server;
pub(crate) mod settling;
pub(crate) mod watch_actions;
pub(crate) mod written;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::jail::{
    JailList, JailName, JailStatus, JailSummaries, JailSummary, JailTimes, Reading, Source,
};
use crate::fail2ban::protocol::reading::reading;
use crate::mutex::Mutex;

use super::clock::Clock;
use super::daemon::last_jails::LastJails;
use super::error::Error;
use super::known_secrets::KnownSecrets;
use super::pickle;
use super::pickle::value::Value;
use super::protocol::command::Command;
use super::protocol::figures::Backends;
use super::protocol::setting::{ServerSetting, Setting};
use super::protocol::{command, figures, values};
use super::server_log::ServerLog;
use super::socket::connection::Connection;

/// A running fail2ban, reached through its socket. Cheap to clone; all clones share one connection.
#[derive(Debug, Clone)]
pub struct Daemon {
    connection: Connection,
    /// True for a generation of the connection if its daemon knows `stats`. It logs each command
    /// that it does not know as an error, so its version is asked first.
    stats: Arc<Mutex<Option<(u64, bool)>>>,
    pub(crate) server_log: ServerLog,
    known_secrets: KnownSecrets,
    /// The facts that are known of its clock.
    pub(crate) clock: Arc<Clock>,
    /// The jails of the last list that took questions to read.
    pub(crate) jails: LastJails,
}

/// The settings that are asked of each jail for its line in the list, in this order.
const SUMMARY: [Setting; 4] =
    [Setting::BanTime, Setting::FindTime, Setting::MaxRetry, Setting::BanTimeIncrement];

impl Daemon {
    /// A handle to the daemon behind `socket`. Connects when it is first asked something.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self {
            connection: Connection::new(socket),
            stats: Arc::default(),
            server_log: ServerLog::default(),
            known_secrets: KnownSecrets::default(),
            clock: Arc::default(),
            jails: LastJails::default(),
        }
    }

    /// Returns a number that changes whenever the connection was opened anew: earlier answers may
    /// be from another daemon.
    #[must_use]
    pub(crate) fn generation(&self) -> u64 {
        self.connection.generation()
    }

    /// The secrets of its actions, as far as they were read.
    pub(crate) fn known_secrets(&self) -> &KnownSecrets {
        &self.known_secrets
    }

    /// The daemon's process id, where the system tells it.
    pub(crate) async fn process_id(&self) -> Result<Option<i32>, Error> {
        self.connection.peer_pid().await
    }

    /// fail2ban's version, as `1.0.2`.
    pub async fn version(&self) -> Result<String, Error> {
        command::text(self.ask(Command::Version).await?)
    }

    /// Reads the figures of one jail. A figure that cannot be read is reported in its place.
    pub async fn status(&self, jail: &JailName) -> Result<JailStatus, Error> {
        figures::jail_status(self.ask(Command::JailStatus(jail)).await)
    }

    /// Reads figures and times of every jail that runs, in two rounds: the names, then everything
    /// at once. A part of a single jail that cannot be read is reported in its place.
    pub(crate) async fn summaries(&self) -> Result<JailSummaries, Error> {
        let JailList { names, unusable } = self.jail_list().await?;
        Ok(JailSummaries { jails: self.summaries_of(&names).await?, unusable })
    }

    /// Figures and times of one jail.
    pub(crate) async fn summary(&self, jail: &JailName) -> Result<JailSummary, Error> {
        let summaries = self.summaries_of(std::slice::from_ref(jail)).await?;
        summaries.into_iter().next().ok_or_else(|| Error::UnknownJail(jail.to_string()))
    }

    async fn summaries_of(&self, names: &[JailName]) -> Result<Vec<JailSummary>, Error> {
        let tells_stats = self.tells_stats().await?;
        let mut commands = Vec::new();
        if tells_stats {
            commands.push(Command::Stats);
        }
        for name in names {
            commands.push(Command::JailStatus(name));
            commands.extend(SUMMARY.map(|setting| Command::Get(name, setting)));
        }
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let backends = if tells_stats { figures::backends(next_answer(&mut answers))? } else { None };
        Ok(names.iter().filter_map(|name| summary(name, backends.as_ref(), &mut answers)).collect())
    }

    /// Returns true if the daemon knows the command `stats`, which returns the backends.
    pub(crate) async fn tells_stats(&self) -> Result<bool, Error> {
        let known = *self.stats.lock();
        match known {
            Some((generation, tells)) if generation == self.generation() => Ok(tells),
            _ => {
                let tells = command::knows_stats(&self.version().await?);
                *self.stats.lock() = Some((self.generation(), tells));
                Ok(tells)
            }
        }
    }

    /// Returns the jails that read the daemon's own log, as `recidive` does: from the file that it
    /// writes, or from its entries in the journal.
    pub(crate) async fn jails_that_read_its_log(&self) -> Result<Vec<JailName>, Error> {
        let names = self.jail_names().await?;
        let mut commands = vec![Command::GetServer(ServerSetting::LogTarget)];
        commands.extend(names.iter().map(Command::JailStatus));
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let target = values::optional_text(&next_answer(&mut answers)?)?;
        let reads_it = |source: &Source| match source {
            Source::Files(files) => target.as_ref().is_some_and(|target| files.contains(target)),
            Source::Journal(matches) => matches.iter().any(|own| own.contains("fail2ban")),
        };
        let mut readers = Vec::new();
        for (name, answer) in names.into_iter().zip(answers) {
            match figures::jail_status(answer) {
                // A source that cannot be read is no reason to warn of it.
                Ok(status) if status.source.as_ref().is_ok_and(reads_it) => readers.push(name),
                Ok(_) | Err(Error::UnknownJail(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(readers)
    }

    pub(crate) async fn ask(&self, command: Command<'_>) -> Result<Value, Error> {
        let reply = self.connection.ask(command.question()).await?;
        self.payload(&reply)
    }

    /// Returns the payload of a reply. The words of a refusal may quote what fail2ban was
    /// configured with.
    fn payload(&self, reply: &[u8]) -> Result<Value, Error> {
        let decoded = pickle::decode(reply).map_err(Error::from);
        decoded.and_then(command::payload).map_err(|error| error.masked(&self.known_secrets))
    }

    /// Asks everything at once. Fails as a whole where the daemon cannot be reached; a refusal or
    /// an unreadable answer is an error in its own place.
    pub(crate) async fn ask_all(&self, commands: &[Command<'_>]) -> Result<Vec<Result<Value, Error>>, Error> {
        let questions = commands.iter().map(Command::question).collect();
        let replies = self.connection.ask_all(questions).await;
        replies
            .into_iter()
            .map(|reply| Ok(reply.and_then(|reply| self.payload(&reply))))
            .map(|answer| match answer {
                Ok(Err(error)) if error.is_of_the_connection() => Err(error),
                other => other,
            })
            .collect()
    }
}

/// The answers to one [`Daemon::ask_all`], in order.
pub(crate) type Answers = std::vec::IntoIter<Result<Value, Error>>;

pub(crate) fn next_answer(answers: &mut Answers) -> Result<Value, Error> {
    answers.next().unwrap_or_else(|| Err(command::unreadable("fewer answers than questions")))
}

/// Reads one jail out of the answers. `None` when it ended between the two rounds: it is no jail any
/// more.
fn summary(
    name: &JailName,
    backends: Option<&Reading<Backends>>,
    answers: &mut Answers,
) -> Option<JailSummary> {
    let status = next_answer(answers);
    let mut setting = || next_answer(answers);
    let (ban_time, find_time) = (setting(), setting());
    let (max_retry, growing) = (setting(), setting());
    if matches!(status, Err(Error::UnknownJail(_))) {
        return None;
    }
    Some(JailSummary {
        name: name.clone(),
        status: reading(figures::jail_status(status)),
        times: JailTimes {
            ban_time: reading(ban_time.and_then(|value| values::length(&value))),
            find_time: reading(find_time.and_then(|value| values::length(&value))),
            max_retry: reading(max_retry.and_then(|value| command::number(&value))),
            growing: reading(growing.and_then(|value| command::optional_bool(&value))),
        },
        backend: backends.and_then(|backends| match backends {
            Ok(backends) => backends.get(name.as_str()).cloned(),
            Err(unread) => Some(Err(unread.clone())),
        }),
    })
}
