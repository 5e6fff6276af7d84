//! The settings of the daemon itself (`fail2ban/server/transmitter.py`, `get` and `set`).

use crate::domain::server::{LogFlush, ServerChange, ServerSettings, is_log_file};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::ServerSetting;

use super::{Daemon, next_answer};

/// The settings that are asked for, in this order.
const SETTINGS: [ServerSetting; 5] = [
    ServerSetting::Database,
    ServerSetting::PurgeAge,
    ServerSetting::DatabaseMaxMatches,
    ServerSetting::LogLevel,
    ServerSetting::LogTarget,
];

impl Daemon {
    /// Reads the daemon's own settings, in one round. A setting that cannot be read is reported in
    /// its place.
    pub(crate) async fn server_settings(&self) -> Result<ServerSettings, Error> {
        let mut answers = self.ask_all(&SETTINGS.map(Command::GetServer)).await?.into_iter();
        let mut answer = || next_answer(&mut answers);
        Ok(ServerSettings {
            database: reading(answer().and_then(optional(command::text))),
            purge_age: reading(answer().and_then(optional(seconds))),
            max_matches: reading(answer().and_then(optional(|value| command::number(&value)))),
            log_level: reading(answer().and_then(word_or_number)),
            log_target: reading(answer().and_then(optional(command::text))),
        })
    }

    /// Changes one of its settings.
    ///
    /// # Errors
    /// Fails if fail2ban refuses, as it does without a database, or does not answer.
    pub async fn change_server(&self, change: ServerChange) -> Result<(), Error> {
        let told = self.ask(Command::SetServer(change)).await?;
        let holds = match (&change, &told) {
            // Without a database it only says so in its log, and answers nothing.
            (ServerChange::PurgeAge(_) | ServerChange::MaxMatches(_), Value::None) => {
                return Err(Error::Refused {
                    class: "None".to_owned(),
                    message: "its database is switched off, so this setting has no effect".to_owned(),
                });
            }
            (ServerChange::LogLevel(level), Value::Text(text)) => text == level.as_ref(),
            (ServerChange::PurgeAge(age), Value::Int(number)) => u64::try_from(*number) == Ok(age.seconds()),
            (ServerChange::MaxMatches(most), Value::Int(number)) => {
                u64::try_from(*number) == Ok(most.number())
            }
            _ => false,
        };
        if holds { Ok(()) } else { Err(command::unreadable("another value than the one that was set")) }
    }

    /// Makes it reopen its log file, as after a rotation, or write out what it holds. It answers
    /// "rolled over" also where it logs to no file but by a name in small letters, or to `SYSOUT`
    /// (`fail2ban/server/server.py`, `flushLogs`).
    pub(crate) async fn flush_logs(&self) -> Result<LogFlush, Error> {
        let target = optional(command::text)(self.ask(Command::GetServer(ServerSetting::LogTarget)).await?)?;
        let is_file = target.is_some_and(|target| is_log_file(&target));
        let answer = match self.ask(Command::FlushLogs).await {
            Err(Error::Refused { message, .. }) if is_file => return Ok(LogFlush::NotReopened(message)),
            answer => command::text(answer?)?,
        };
        match answer.as_str() {
            "rolled over" if is_file => Ok(LogFlush::RolledOver),
            "rolled over" | "flushed" => Ok(LogFlush::Flushed),
            _ => Err(command::unreadable("another end of a flush than those known")),
        }
    }
}

/// Reads `None` as unset, and everything else with `read`.
fn optional<T>(read: impl Fn(Value) -> Result<T, Error>) -> impl Fn(Value) -> Result<Option<T>, Error> {
    move |value| if value == Value::None { Ok(None) } else { read(value).map(Some) }
}

/// A configured length such as `1.5d` is a fraction in fail2ban (`mytime.py`, `str2seconds`).
fn seconds(value: Value) -> Result<u64, Error> {
    match value {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the guard bounds it")]
        Value::Float(number) if (0.0..9e15).contains(&number) => Ok(number as u64),
        other => command::count(&other),
    }
}

fn word_or_number(value: Value) -> Result<String, Error> {
    match value {
        Value::Int(number) => Ok(number.to_string()),
        other => command::text(other),
    }
}
