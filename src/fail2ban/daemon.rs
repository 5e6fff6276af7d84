//! The seam to fail2ban: one handle with an async method for each thing that we ask of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;

use super::command::{self, Command};
use super::connection::Connection;
use super::jail_list::LastJails;
use super::pickle::{self, Value};
use super::setting::Setting;
use super::{Error, bans, unban, values};
use crate::domain::address::{Banned, Target};
use crate::domain::ban::BanListing;
use crate::domain::jail::{
    JailList, JailName, JailStatus, JailSummaries, JailSummary, JailTimes, Reading, Unread,
};

/// A running fail2ban, reached through its socket. Cheap to clone; all clones share one connection.
#[derive(Debug, Clone)]
pub struct Daemon {
    connection: Connection,
    /// The generation of the connection on which the daemon did not know `stats`; 0 for none. It
    /// logs each command that it does not know as an error, so it is asked once.
    without_stats: Arc<AtomicU64>,
    /// The jails of the last list that took questions to read.
    pub(super) jails: LastJails,
}

/// What is asked about each jail for its line in the list, in this order.
const SUMMARY: [Setting; 4] =
    [Setting::BanTime, Setting::FindTime, Setting::MaxRetry, Setting::BanTimeIncrement];

impl Daemon {
    /// A handle to the daemon behind `socket`. Connects when it is first asked something.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self {
            connection: Connection::new(socket),
            without_stats: Arc::default(),
            jails: LastJails::default(),
        }
    }

    /// A number that changes whenever the connection was opened anew: what was read before may be of
    /// another daemon.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.connection.generation()
    }

    /// The daemon's process id, where the system tells it.
    ///
    /// # Errors
    /// When the daemon cannot be reached.
    pub async fn process_id(&self) -> Result<Option<i32>, Error> {
        self.connection.peer_pid().await
    }

    /// fail2ban's version, as `1.0.2`.
    ///
    /// # Errors
    /// When the daemon cannot be reached or its answer not be read.
    pub async fn version(&self) -> Result<String, Error> {
        command::text(self.ask(Command::Version).await?)
    }

    /// The figures of one jail.
    ///
    /// # Errors
    /// When there is no such jail, the daemon cannot be reached or its answer not be read.
    pub async fn status(&self, jail: &JailName) -> Result<JailStatus, Error> {
        command::jail_status(self.ask(Command::JailStatus(jail)).await?)
    }

    /// Figures and times of every jail that runs, in two rounds: the names, then everything at once.
    ///
    /// # Errors
    /// When the daemon cannot be reached, or the list of jails not be read. What can not be read of a
    /// single jail is told in its place.
    pub async fn summaries(&self) -> Result<JailSummaries, Error> {
        let JailList { names, unusable } = self.jail_list().await?;
        Ok(JailSummaries { jails: self.summaries_of(&names).await?, unusable })
    }

    /// Figures and times of one jail.
    ///
    /// # Errors
    /// When there is no such jail, or the daemon cannot be reached.
    pub async fn summary(&self, jail: &JailName) -> Result<JailSummary, Error> {
        let summaries = self.summaries_of(std::slice::from_ref(jail)).await?;
        summaries.into_iter().next().ok_or_else(|| Error::UnknownJail(jail.to_string()))
    }

    async fn summaries_of(&self, names: &[JailName]) -> Result<Vec<JailSummary>, Error> {
        let tells_stats = self.may_tell_stats();
        let mut commands = Vec::new();
        if tells_stats {
            commands.push(Command::Stats);
        }
        for name in names {
            commands.push(Command::JailStatus(name));
            commands.extend(SUMMARY.map(|setting| Command::Get(name, setting)));
        }
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let backends = if tells_stats { command::backends(next(&mut answers)?)? } else { None };
        if tells_stats && backends.is_none() {
            self.tells_no_stats();
        }
        names.iter().filter_map(|name| summary(name, backends.as_ref(), &mut answers).transpose()).collect()
    }

    /// Whether the daemon is not known to be too old for `stats`.
    pub(super) fn may_tell_stats(&self) -> bool {
        let generation = self.generation();
        generation == 0 || self.without_stats.load(Ordering::Relaxed) != generation
    }

    /// Remembers that it is.
    pub(super) fn tells_no_stats(&self) {
        self.without_stats.store(self.generation(), Ordering::Relaxed);
    }

    /// The jails that run and yet protect nothing: they have no failregex or no action.
    ///
    /// # Errors
    /// When the daemon cannot be reached, refuses or its answer not be read.
    pub async fn jails_without_protection(&self) -> Result<Vec<JailName>, Error> {
        let names = self.jail_names().await?;
        let parts = [Setting::FailRegex, Setting::Actions];
        let commands: Vec<Command<'_>> =
            names.iter().flat_map(|name| parts.map(|part| Command::Get(name, part))).collect();
        let answers = self.ask_all(&commands).await?;
        let mut unprotected = Vec::new();
        for (name, answers) in names.iter().zip(answers.chunks_exact(parts.len())) {
            for answer in answers {
                if command::texts(answer.clone()?)?.is_empty() && !unprotected.contains(name) {
                    unprotected.push(name.clone());
                }
            }
        }
        Ok(unprotected)
    }

    /// Every ban of `jail` that holds now, and the entries of its list that cannot be read.
    ///
    /// # Errors
    /// When there is no such jail, the daemon cannot be reached or its answer not be read.
    pub async fn bans(&self, jail: &JailName) -> Result<BanListing, Error> {
        let unread = |error: tokio::task::JoinError| Error::Unreadable(error.to_string());
        // The first time it is read from a file: meanwhile the daemon has enough to do.
        let zone = tokio::task::spawn_blocking(TimeZone::system);
        let reply = self.connection.ask(Command::Bans(jail).question()).await?;
        let zone = zone.await.map_err(unread)?;
        tokio::task::spawn_blocking(move || bans::read(&reply, &zone)).await.map_err(unread)?
    }

    /// Which of `addresses` are banned in `jail`, in their order. Takes fail2ban far less time than its
    /// whole list: it looks an address up in it (`fail2ban/server/actions.py`, `getBanned`).
    ///
    /// # Errors
    /// When there is no such jail, the daemon cannot be reached, its answer not be read or it is too old
    /// to tell.
    pub async fn banned(&self, jail: &JailName, addresses: &[IpAddr]) -> Result<Vec<bool>, Error> {
        let commands: Vec<Command<'_>> =
            addresses.iter().map(|address| Command::IsBanned(jail, *address)).collect();
        let answers = self.ask_all(&commands).await?;
        answers.into_iter().map(|answer| Ok(command::count(&answer?)? > 0)).collect()
    }

    /// Bans `targets` in `jail`. Returns how many were not banned there before.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or the daemon does not answer.
    pub async fn ban(&self, jail: &JailName, targets: &[Target]) -> Result<u64, Error> {
        command::count(&self.ask(Command::Ban(jail, targets)).await?)
    }

    /// Lifts the bans of `banned` in `jail`. Returns how many there were. A network that is not
    /// itself banned lifts every ban inside it (`fail2ban/server/actions.py`, `removeBannedIP`).
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or the daemon does not answer.
    pub async fn unban(&self, jail: &JailName, banned: &[Banned]) -> Result<u64, Error> {
        unban::unbanned(self.ask(Command::Unban(jail, banned)).await)
    }

    pub(super) async fn ask(&self, command: Command<'_>) -> Result<Value, Error> {
        let reply = self.connection.ask(command.question()).await?;
        command::payload(pickle::decode(&reply)?)
    }

    /// Asks everything at once. Fails as a whole where the daemon cannot be reached; what it refused
    /// or answered unreadably is an error in its own place.
    pub(super) async fn ask_all(&self, commands: &[Command<'_>]) -> Result<Vec<Result<Value, Error>>, Error> {
        let questions = commands.iter().map(Command::question).collect();
        let replies = self.connection.ask_all(questions).await;
        replies
            .into_iter()
            .map(|reply| Ok(reply.and_then(|reply| command::payload(pickle::decode(&reply)?))))
            .map(|answer| match answer {
                Ok(Err(error)) if error.is_of_the_connection() => Err(error),
                other => other,
            })
            .collect()
    }
}

/// The answers to one [`Daemon::ask_all`], in order.
pub(super) type Answers = std::vec::IntoIter<Result<Value, Error>>;

pub(super) fn next(answers: &mut Answers) -> Result<Result<Value, Error>, Error> {
    answers.next().ok_or_else(|| command::unreadable("fewer answers than questions"))
}

/// Reads one jail out of the answers. `None` when it ended between the two rounds: it is no jail any
/// more.
fn summary(
    name: &JailName,
    backends: Option<&HashMap<String, String>>,
    answers: &mut Answers,
) -> Result<Option<JailSummary>, Error> {
    let status = next(answers)?;
    let mut setting = || next(answers);
    let (ban_time, find_time) = (setting()?, setting()?);
    let (max_retry, growing) = (setting()?, setting()?);
    if matches!(status, Err(Error::UnknownJail(_))) {
        return Ok(None);
    }
    Ok(Some(JailSummary {
        name: name.clone(),
        status: reading(status.and_then(command::jail_status)),
        times: JailTimes {
            ban_time: reading(ban_time.and_then(|value| values::length(&value))),
            find_time: reading(find_time.and_then(|value| values::length(&value))),
            max_retry: reading(max_retry.and_then(|value| command::count(&value))),
            growing: reading(growing.and_then(|value| command::optional_bool(&value))),
        },
        backend: backends.and_then(|backends| backends.get(name.as_str()).cloned()),
    }))
}

pub(super) fn reading<T>(answer: Result<T, Error>) -> Reading<T> {
    answer.map_err(|error| {
        tracing::warn!(%error, "fail2ban did not tell a value");
        Unread(match error {
            Error::Refused { message, .. } => format!("fail2ban refused: {message}"),
            _ => "fail2ban's answer could not be read".to_owned(),
        })
    })
}
