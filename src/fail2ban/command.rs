//! The commands that we send, and how their answers read. The only place where an argument list is
//! made (`fail2ban/server/transmitter.py` says what the daemon takes).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::Error;
use super::connection::Question;
use super::pickle::Value;
use super::setting::{ServerSetting, Setting};
use crate::domain::address::{Banned, Target};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailName, JailStatus, Source};
use crate::domain::server::ServerChange;

/// What the daemon answers from memory.
const QUICK: Duration = Duration::from_secs(10);
/// What takes the daemon as long as there are bans: 2 s for a list of 100,000, and a ban or an unban
/// starts a process for each action.
const SLOW: Duration = Duration::from_mins(1);
/// The longest answer that is not a ban list, in bytes.
const SHORT_REPLY: usize = 8 * 1024 * 1024;
/// The longest ban list, in bytes: 1,000,000 bans are 69 MB.
const LONG_REPLY: usize = 160 * 1024 * 1024;

/// A command, with arguments that are valid by their types.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command<'a> {
    Version,
    /// The names of all jails.
    Status,
    /// Backends of all jails; since fail2ban 1.1.
    Stats,
    /// The file of fail2ban's own database.
    JailStatus(&'a JailName),
    Get(&'a JailName, Setting),
    /// A setting by fail2ban's name for it, which is one of ours.
    GetNamed(&'a JailName, &'static str),
    Bans(&'a JailName),
    /// Whether an address is banned; since fail2ban 1.0.
    IsBanned(&'a JailName, IpAddr),
    Ban(&'a JailName, &'a [Target]),
    Unban(&'a JailName, &'a [Banned]),
    /// Removes the jail from the daemon.
    Stop(&'a JailName),
    Idle(&'a JailName, bool),
    ActionProperties(&'a JailName, &'a str),
    ActionProperty(&'a JailName, &'a str, &'a str),
    Ignore(&'a JailName, &'a [IgnoreEntry]),
    Unignore(&'a JailName, &'a Listed),
    SetIgnoreSelf(&'a JailName, bool),
    GetServer(ServerSetting),
    SetServer(ServerChange),
    FlushLogs,
}

impl Command<'_> {
    fn arguments(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        match self {
            Self::Version => words(&["version"]),
            Self::Status => words(&["status"]),
            Self::Stats => words(&["stats"]),
            Self::JailStatus(jail) => words(&["status", jail.as_str(), "short"]),
            Self::Get(jail, setting) => words(&["get", jail.as_str(), setting.word()]),
            Self::GetNamed(jail, setting) => words(&["get", jail.as_str(), setting]),
            Self::Bans(jail) => words(&["get", jail.as_str(), "banip", "--with-time"]),
            Self::IsBanned(jail, address) => words(&["get", jail.as_str(), "banned", &address.to_string()]),
            Self::Ban(jail, targets) => followed_by(words(&["set", jail.as_str(), "banip"]), targets),
            Self::Unban(jail, banned) => followed_by(words(&["set", jail.as_str(), "unbanip"]), banned),
            Self::Stop(jail) => words(&["stop", jail.as_str()]),
            Self::Idle(jail, on) => words(&["set", jail.as_str(), "idle", if *on { "on" } else { "off" }]),
            Self::ActionProperties(jail, action) => {
                words(&["get", jail.as_str(), "actionproperties", action])
            }
            Self::ActionProperty(jail, action, property) => {
                words(&["get", jail.as_str(), "action", action, property])
            }
            Self::Ignore(jail, entries) => {
                followed_by(words(&["set", jail.as_str(), "addignoreip"]), entries)
            }
            Self::Unignore(jail, entry) => words(&["set", jail.as_str(), "delignoreip", entry.as_str()]),
            Self::SetIgnoreSelf(jail, on) => {
                words(&["set", jail.as_str(), "ignoreself", if *on { "true" } else { "false" }])
            }
            Self::GetServer(setting) => words(&["get", setting.word()]),
            Self::SetServer(change) => {
                let (setting, value) = match change {
                    ServerChange::LogLevel(level) => (ServerSetting::LogLevel, level.to_string()),
                    ServerChange::PurgeAge(age) => (ServerSetting::PurgeAge, age.seconds().to_string()),
                    ServerChange::MaxMatches(most) => (ServerSetting::MaxMatches, most.number().to_string()),
                };
                words(&["set", setting.word(), &value])
            }
            Self::FlushLogs => words(&["flushlogs"]),
        }
    }

    /// The question to ask on the connection.
    pub(super) fn question(&self) -> Question {
        let (deadline, reply_limit) = match self {
            Self::Version
            | Self::Status
            | Self::Stats
            | Self::JailStatus(_)
            | Self::Get(..)
            | Self::GetNamed(..)
            | Self::IsBanned(..)
            | Self::Idle(..)
            | Self::Ignore(..)
            | Self::Unignore(..)
            | Self::SetIgnoreSelf(..)
            | Self::ActionProperties(..)
            | Self::ActionProperty(..)
            | Self::GetServer(_)
            | Self::SetServer(_)
            | Self::FlushLogs => (QUICK, SHORT_REPLY),
            // Before it ends, a jail lifts each of its bans.
            Self::Ban(..) | Self::Unban(..) | Self::Stop(_) => (SLOW, SHORT_REPLY),
            Self::Bans(_) => (SLOW, LONG_REPLY),
        };
        Question { arguments: self.arguments(), deadline, reply_limit }
    }
}

fn followed_by<T: ToString>(mut words: Vec<String>, items: &[T]) -> Vec<String> {
    words.extend(items.iter().map(ToString::to_string));
    words
}

/// The payload of a reply, `(0, payload)`; or the error of `(1, exception)`.
pub(super) fn payload(reply: Value) -> Result<Value, Error> {
    match reply {
        Value::List(pair) => match <[Value; 2]>::try_from(pair) {
            Ok([Value::Int(0), payload]) => Ok(payload),
            Ok([Value::Int(1), exception]) => Err(refusal(exception)),
            _ => Err(unreadable("a reply that is no pair of status and payload")),
        },
        // The daemon could not even read the request: `ERROR: …` (`asyncserver.py`, `found_terminator`).
        Value::Text(text) => Err(Error::Refused { class: "LoadError".to_owned(), message: text }),
        _ => Err(unreadable("a reply that is no pair of status and payload")),
    }
}

fn refusal(exception: Value) -> Error {
    let Value::Object { class, arguments, .. } = exception else {
        return unreadable("an error that is no exception");
    };
    let texts: Vec<String> = arguments
        .into_iter()
        .filter_map(|argument| match argument {
            Value::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    let message = texts.join(", ");
    if class == "UnknownJailException" {
        Error::UnknownJail(message)
    } else {
        Error::Refused { class, message }
    }
}

pub(super) fn unreadable(what: &str) -> Error {
    Error::Unreadable(what.to_owned())
}

pub(super) fn text(value: Value) -> Result<String, Error> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(unreadable("no text where one was due")),
    }
}

pub(super) fn number(value: &Value) -> Result<i64, Error> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(unreadable("no number where one was due")),
    }
}

pub(super) fn count(value: &Value) -> Result<u64, Error> {
    u64::try_from(number(value)?).map_err(|_| unreadable("a negative count"))
}

pub(super) fn optional_bool(value: &Value) -> Result<Option<bool>, Error> {
    match value {
        Value::None => Ok(None),
        Value::Bool(value) => Ok(Some(*value)),
        _ => Err(unreadable("neither true, false nor unset")),
    }
}

pub(super) fn texts(value: Value) -> Result<Vec<String>, Error> {
    match value {
        Value::List(values) => values.into_iter().map(text).collect(),
        _ => Err(unreadable("no list where one was due")),
    }
}

/// The pairs of a status, `[('Currently failed', 0), …]`, by their titles.
fn titled(value: Value) -> Result<HashMap<String, Value>, Error> {
    let Value::List(pairs) = value else { return Err(unreadable("a status that is no list")) };
    pairs
        .into_iter()
        .map(|pair| match pair {
            Value::List(pair) => match <[Value; 2]>::try_from(pair) {
                Ok([Value::Text(title), value]) => Ok((title, value)),
                _ => Err(unreadable("a status line without a title")),
            },
            _ => Err(unreadable("a status line without a title")),
        })
        .collect()
}

fn take(pairs: &mut HashMap<String, Value>, title: &str) -> Result<Value, Error> {
    pairs.remove(title).ok_or_else(|| unreadable(&format!("a status without {title:?}")))
}

/// Reads `status`: `[('Number of jail', 2), ('Jail list', 'a, b')]`. Where the count and the list
/// disagree a name contains `, `, and guessing would invent jails.
pub(super) fn jail_names(value: Value) -> Result<Vec<JailName>, Error> {
    let mut pairs = titled(value)?;
    let number = count(&take(&mut pairs, "Number of jail")?)?;
    let list = text(take(&mut pairs, "Jail list")?)?;
    let names: Vec<JailName> = list
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().map_err(|_| unreadable(&format!("a jail's name: {name:?}"))))
        .collect::<Result<_, Error>>()?;
    if u64::try_from(names.len()) == Ok(number) {
        Ok(names)
    } else {
        Err(unreadable("a list of jails of another length than it says"))
    }
}

/// Reads `status J short`.
pub(super) fn jail_status(value: Value) -> Result<JailStatus, Error> {
    let mut groups = titled(value)?;
    let mut filter = titled(take(&mut groups, "Filter")?)?;
    let mut actions = titled(take(&mut groups, "Actions")?)?;
    let source = match (filter.remove("File list"), filter.remove("Journal matches")) {
        (Some(files), _) => Source::Files(texts(files)?),
        (None, Some(matches)) => Source::Journal(journal(matches)?),
        (None, None) => return Err(unreadable("a status without its source")),
    };
    Ok(JailStatus {
        failing_now: count(&take(&mut filter, "Currently failed")?)?,
        failed_total: count(&take(&mut filter, "Total failed")?)?,
        banned_now: count(&take(&mut actions, "Currently banned")?)?,
        banned_total: count(&take(&mut actions, "Total banned")?)?,
        source,
    })
}

/// Journal matches are lists of lists of expressions (`filtersystemd.py`, `getJournalMatch`), in some
/// replies joined already.
fn journal(value: Value) -> Result<Vec<String>, Error> {
    match value {
        Value::Text(text) => Ok(vec![text]),
        Value::List(values) => values
            .into_iter()
            .map(|value| match value {
                Value::Text(text) => Ok(text),
                other => texts(other).map(|words| words.join(" ")),
            })
            .collect(),
        _ => Err(unreadable("journal matches of another form")),
    }
}

/// Reads `stats`, `{'sshd': ['systemd', …]}`, for the backends. Where the daemon does not know the
/// command (before 1.1) it tells nothing.
pub(super) fn backends(answer: Result<Value, Error>) -> Result<Option<HashMap<String, String>>, Error> {
    let stats = match answer {
        Ok(Value::Map(stats)) => stats,
        Ok(_) => return Err(unreadable("statistics of another form")),
        Err(Error::Refused { message, .. }) if message.starts_with("Invalid command") => return Ok(None),
        Err(error) => return Err(error),
    };
    stats
        .into_iter()
        .map(|entry| match entry {
            (Value::Text(jail), Value::List(figures)) => match figures.into_iter().next() {
                Some(Value::Text(backend)) => Ok((jail, backend)),
                _ => Err(unreadable("statistics without a backend")),
            },
            _ => Err(unreadable("statistics of another form")),
        })
        .collect::<Result<_, Error>>()
        .map(Some)
}
