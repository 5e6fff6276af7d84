//! A jail: its name, its figures and its settings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text;

/// The name of a jail. fail2ban takes any section name; ours has 1 to 200 characters, none of them a
/// control character, and does not begin with `-`, so that it is never read as an option.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JailName(String);

/// Why a text cannot be a jail's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("That is not a name that a jail can have.")]
pub struct JailNameError;

impl FromStr for JailName {
    type Err = JailNameError;

    fn from_str(text: &str) -> Result<Self, JailNameError> {
        let length = text.chars().count();
        if (1..=200).contains(&length) && !text.starts_with('-') && text::is_safe_argument(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(JailNameError)
        }
    }
}

impl TryFrom<String> for JailName {
    type Error = JailNameError;

    fn try_from(text: String) -> Result<Self, JailNameError> {
        text.parse()
    }
}

impl From<JailName> for String {
    fn from(name: JailName) -> Self {
        name.0
    }
}

impl JailName {
    /// The name as fail2ban has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One value as fail2ban told it, or why it is not known. Never a default.
pub type Reading<T> = Result<T, Unread>;

/// Why a value is not known, as one plain sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct Unread(pub String);

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Length {
    /// So many seconds.
    Seconds(u64),
    /// For ever. fail2ban writes any negative ban time for it.
    Permanent,
}

impl Length {
    /// Reads fail2ban's number of seconds.
    #[must_use]
    pub fn from_daemon(seconds: i64) -> Self {
        u64::try_from(seconds).map_or(Self::Permanent, Self::Seconds)
    }
}

/// What `status J short` says: cheap at any number of bans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailStatus {
    /// Addresses that have failed but are not banned yet.
    pub failing_now: Reading<u64>,
    /// Failures since the jail started.
    pub failed_total: Reading<u64>,
    /// Bans that hold now.
    pub banned_now: Reading<u64>,
    /// Bans since the jail started, restored ones included.
    pub banned_total: Reading<u64>,
    /// What the jail reads.
    pub source: Reading<Source>,
}

/// Where a jail finds its log lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Log files, by path.
    Files(Vec<String>),
    /// The system journal, by match expressions.
    Journal(Vec<String>),
}

/// When a jail bans, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailTimes {
    /// How long a ban lasts, unless it grows.
    pub ban_time: Reading<Length>,
    /// In how many seconds the failures must fall.
    pub find_time: Reading<Length>,
    /// After how many failures it bans.
    pub max_retry: Reading<u64>,
    /// Whether ban times grow for those who come back. `None` where it is not set.
    pub growing: Reading<Option<bool>>,
}

/// One jail in the list of all jails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailSummary {
    /// Its name.
    pub name: JailName,
    /// Its figures.
    pub status: Reading<JailStatus>,
    /// Its times.
    pub times: JailTimes,
    /// What reads the log (`systemd`, `polling`, `pyinotify`). `None` where the daemon does not
    /// tell: it does since 1.1.
    pub backend: Option<Reading<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_name_is_never_an_option_and_never_ends_a_message() {
        for name in ["", "--all", "-x", "a\nb", "a<F2B_END_COMMAND>", &"x".repeat(201)] {
            assert!(name.parse::<JailName>().is_err(), "{name:?}");
        }
        for name in ["sshd", "nginx-http-auth", "café-日本", "with space", "a/b"] {
            assert_eq!(name.parse::<JailName>().map(|name| name.to_string()).as_deref(), Ok(name));
        }
    }
}
