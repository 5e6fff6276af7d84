//! The commands that we send, and the reading of their answers. The only place where an argument
//! list is made (`fail2ban/server/transmitter.py` says what the daemon takes).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::domain::address::{Banned, Target};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::JailName;
use crate::domain::server::ServerChange;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::options;
use crate::fail2ban::socket::connection::Question;

use super::setting::{ServerSetting, Setting};

/// Deadline of a command that the daemon answers from memory.
const QUICK: Duration = Duration::from_secs(10);
/// Deadline of a command whose time depends on the number of bans: 2 s for a list of 100,000, and a
/// ban or an unban starts a process for each action.
const SLOW: Duration = Duration::from_mins(1);
/// The longest answer that is not a ban list, in bytes.
const SHORT_REPLY: usize = 8 * 1024 * 1024;
/// The longest ban list, in bytes: 1,000,000 bans are 69 MB.
const LONG_REPLY: usize = 160 * 1024 * 1024;

/// A command, with arguments that are valid by their types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Command<'a> {
    Version,
    /// The names of all jails.
    Status,
    /// Backends of all jails; since fail2ban 1.1.
    Stats,
    JailStatus(&'a JailName),
    Get(&'a JailName, Setting),
    /// A setting by fail2ban's name for it, which is one of ours.
    GetNamed(&'a JailName, &'static str),
    Bans(&'a JailName),
    /// Asks if an address is banned; since fail2ban 1.0.
    IsBanned(&'a JailName, IpAddr),
    /// Asks for the jails that hold each of these; since fail2ban 0.11.2.
    Holders(&'a [Target]),
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
            Self::Get(jail, setting) => words(&["get", jail.as_str(), setting.keyword()]),
            Self::GetNamed(jail, setting) => words(&["get", jail.as_str(), setting]),
            Self::Bans(jail) => words(&["get", jail.as_str(), "banip", "--with-time"]),
            Self::IsBanned(jail, address) => words(&["get", jail.as_str(), "banned", &address.to_string()]),
            Self::Holders(targets) => followed_by(words(&["banned"]), targets),
            Self::Ban(jail, targets) => followed_by(words(&["set", jail.as_str(), "banip"]), targets),
            Self::Unban(jail, banned) => {
                let set = followed_by(words(&["set", jail.as_str(), "unbanip"]), banned);
                options::with_no_option_in_front(set)
            }
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
            Self::Unignore(jail, entry) => {
                let words = words(&["set", jail.as_str(), "delignoreip"]);
                followed_by(words, entry.argument().as_slice())
            }
            Self::SetIgnoreSelf(jail, on) => {
                words(&["set", jail.as_str(), "ignoreself", if *on { "true" } else { "false" }])
            }
            Self::GetServer(setting) => words(&["get", setting.keyword()]),
            Self::SetServer(change) => {
                let (setting, value) = match change {
                    ServerChange::LogLevel(level) => (ServerSetting::LogLevel, level.to_string()),
                    ServerChange::PurgeAge(age) => (ServerSetting::PurgeAge, age.seconds().to_string()),
                    ServerChange::MaxMatches(most) => {
                        (ServerSetting::DatabaseMaxMatches, most.number().to_string())
                    }
                };
                words(&["set", setting.keyword(), &value])
            }
            Self::FlushLogs => words(&["flushlogs"]),
        }
    }

    /// The question to ask on the connection.
    pub(crate) fn question(&self) -> Question {
        let (deadline, reply_limit) = match self {
            Self::Version
            | Self::Status
            | Self::Stats
            | Self::JailStatus(_)
            | Self::Get(..)
            | Self::GetNamed(..)
            | Self::IsBanned(..)
            | Self::Holders(_)
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
pub(crate) fn payload(reply: Value) -> Result<Value, Error> {
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
    let Value::Object(exception) = exception else {
        return unreadable("an error that is no exception");
    };
    let text = |argument: &Value| match argument {
        Value::Text(text) => text.clone(),
        other => other.summary(),
    };
    let message = match exception.arguments.as_slice() {
        // Python's errors of the system: a number, its meaning, and the path, which nobody is
        // shown.
        [Value::Int(_), Value::Text(meaning), ..] => meaning.clone(),
        arguments => arguments.iter().map(text).collect::<Vec<String>>().join(", "),
    };
    let class = exception.class;
    if class == "UnknownJailException" {
        Error::UnknownJail(message)
    } else {
        Error::Refused { class, message }
    }
}

pub(crate) fn unreadable(what: &str) -> Error {
    Error::Unreadable(what.to_owned())
}

/// Makes the error for a value in the place of something else.
pub(crate) fn odd(value: &Value, due: &str) -> Error {
    Error::Unreadable(format!("{} where {due} was due", value.kind()))
}

pub(crate) fn text(value: Value) -> Result<String, Error> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(odd(&other, "a text")),
    }
}

pub(crate) fn number(value: &Value) -> Result<i64, Error> {
    match value {
        Value::Int(number) => Ok(*number),
        other => Err(odd(other, "a number")),
    }
}

pub(crate) fn count(value: &Value) -> Result<u64, Error> {
    u64::try_from(number(value)?).map_err(|_| unreadable("a negative number where a count was due"))
}

pub(crate) fn optional_bool(value: &Value) -> Result<Option<bool>, Error> {
    match value {
        Value::None => Ok(None),
        Value::Bool(value) => Ok(Some(*value)),
        other => Err(odd(other, "true or false")),
    }
}

pub(crate) fn list(value: Value) -> Result<Vec<Value>, Error> {
    match value {
        Value::List(values) => Ok(values),
        other => Err(odd(&other, "a list")),
    }
}

/// Reads a list of texts. An item that is none is replaced by its description, so that the others
/// can be read.
pub(crate) fn texts(value: Value) -> Result<Vec<String>, Error> {
    let text = |value| match value {
        Value::Text(text) => text,
        other => format!("(no text: {})", other.summary()),
    };
    Ok(list(value)?.into_iter().map(text).collect())
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

/// The answer to `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedJails {
    /// Number of jails that run.
    pub(crate) number: usize,
    /// Their names, with a comma and a space between two. A name may contain both.
    pub(crate) list: String,
}

/// Reads `status`: `[('Number of jail', 2), ('Jail list', 'a, b')]`.
pub(crate) fn listed_jails(value: Value) -> Result<ListedJails, Error> {
    let mut pairs = titled(value)?;
    let number = count(&take(&mut pairs, "Number of jail")?)?;
    let number = usize::try_from(number).map_err(|_| unreadable("a number of jails that cannot be"))?;
    Ok(ListedJails { number, list: text(take(&mut pairs, "Jail list")?)? })
}

/// Returns true if fail2ban of this version, such as `1.0.2` or `1.1.2.dev1`, knows `stats`. One that cannot be
/// read is not asked.
pub(crate) fn knows_stats(version: &str) -> bool {
    is_at_least(version, [1, 1, 0])
}

/// Returns true if that version knows the command `banned`. Another one logs it as an error.
pub(crate) fn knows_banned(version: &str) -> bool {
    is_at_least(version, [0, 11, 2])
}

fn is_at_least(version: &str, least: [u32; 3]) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    [(); 3].map(|()| numbers.next().unwrap_or(0)) >= least
}
