//! A jail: its name, its figures and its settings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text;

pub(crate) mod length;

pub(crate) use length::Length;

/// The longest name, in characters. fail2ban has no limit of its own.
const LONGEST_NAME: usize = 1000;
/// Words that fail2ban takes for its own settings in the place of a jail's name:
/// `set logtarget banip X` makes `banip` its log file (`fail2ban/server/transmitter.py`,
/// `__commandSet` and `__commandGet`).
const SERVER_SETTINGS: [&str; 8] =
    ["loglevel", "logtarget", "syslogsocket", "allowipv6", "thread", "dbfile", "dbmaxmatches", "dbpurgeage"];
/// Words that it takes for an option in that place: `stop --all` ends every jail
/// (`transmitter.py`), and fail2ban-client reads these between `reload` and a name
/// (`fail2ban/client/fail2banclient.py`). Any other name that begins with a hyphen is a name to
/// both.
const OPTIONS: [&str; 4] = ["--all", "--restart", "--unban", "--if-exists"];

/// The name of a jail that fail2ban can be asked about. fail2ban takes any section name; ours has 1 to 1,000
/// characters, none of them a control character, and is no word that fail2ban reads as something else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JailName(String);

/// Reason why fail2ban cannot be asked about a jail of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum JailNameError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is longer than any that is sent.
    #[error("it is longer than {LONGEST_NAME} characters")]
    TooLong,
    /// It would end the message early, or control a terminal.
    #[error("it contains a control character or the end marker of fail2ban's messages")]
    Unsafe,
    /// In its place fail2ban would change one of its own settings, or all jails.
    #[error("fail2ban takes it for one of its own settings or options")]
    Reserved,
}

impl FromStr for JailName {
    type Err = JailNameError;

    fn from_str(text: &str) -> Result<Self, JailNameError> {
        if text.is_empty() {
            Err(JailNameError::Empty)
        } else if text.chars().count() > LONGEST_NAME {
            Err(JailNameError::TooLong)
        } else if !text::is_safe_argument(text) {
            Err(JailNameError::Unsafe)
        } else if SERVER_SETTINGS.contains(&text) || OPTIONS.contains(&text) {
            Err(JailNameError::Reserved)
        } else {
            Ok(Self(text.to_owned()))
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

/// One value from fail2ban, or the reason why it is not known. Never a default.
pub(crate) type Reading<T> = Result<T, Unread>;

/// Reason why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unread {
    /// fail2ban's answer does not have its usual form. Holds what is odd about it.
    Refused(String),
    /// fail2ban's answer is not of its form. Holds what is odd about it.
    Unreadable(String),
    /// There was no answer.
    Unanswered,
    /// Not asked for: it is a value of an action in Python, of which fail2ban cannot send each.
    NotAsked,
}

/// The jails that run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JailList {
    /// The jails that can be asked about, by name.
    pub names: Vec<JailName>,
    /// The others.
    pub(crate) unusable: Vec<UnusableJail>,
}

impl JailList {
    /// Adds one more, of any name.
    pub fn add(&mut self, name: &str) {
        match name.parse::<JailName>() {
            Ok(name) => self.names.push(name),
            Err(reason) => {
                let reason = UnusableReason::Name(reason);
                self.unusable.push(UnusableJail { name: name.to_owned(), reason });
            }
        }
    }
}

/// A jail that runs and that fail2ban cannot be asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnusableJail {
    /// Its name, or those of several that cannot be told apart, as fail2ban lists them.
    pub name: String,
    pub reason: UnusableReason,
}

/// Reason why fail2ban cannot be asked about a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UnusableReason {
    /// Its name cannot be sent.
    Name(JailNameError),
    /// fail2ban separates names by commas, and this part of its list is none.
    Ambiguous,
}

/// The figures of `status J short`: cheap at any number of bans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailStatus {
    /// Addresses that have failed but are not banned yet.
    pub(crate) failing_now: Reading<u64>,
    /// Failures since the jail started.
    pub(crate) failed_total: Reading<u64>,
    /// Bans that hold now.
    pub(crate) banned_now: Reading<u64>,
    /// Bans since the jail started, restored ones included.
    pub(crate) banned_total: Reading<u64>,
    /// The source that the jail reads.
    pub source: Reading<Source>,
}

/// The source of a jail's log lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Log files, by path.
    Files(Vec<String>),
    /// The system journal, by match expressions.
    Journal(Vec<String>),
}

/// The limits after which a jail bans, and the length of its bans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailTimes {
    /// Length of a ban, unless it grows.
    pub ban_time: Reading<Length>,
    /// Period in which the failures must fall.
    pub find_time: Reading<Length>,
    /// Number of failures after which it bans.
    pub max_retry: Reading<i64>,
    /// True if ban times grow for repeat offenders. `None` where it is not set.
    pub growing: Reading<Option<bool>>,
}

/// The jails that run, with their figures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JailSummaries {
    /// The jails that can be asked about.
    pub jails: Vec<JailSummary>,
    /// The others.
    pub(crate) unusable: Vec<UnusableJail>,
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
    /// The backend that reads the log (`systemd`, `polling`, `pyinotify`). `None` where the daemon
    /// does not tell: it does since 1.1.
    pub(crate) backend: Option<Reading<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_name_is_never_a_setting_or_an_option_of_fail2bans_and_never_ends_a_message() {
        let long = "x".repeat(1001);
        for name in
            ["", "--all", "--if-exists", "logtarget", "dbfile", "a\nb", "a<F2B_END_COMMAND>", long.as_str()]
        {
            assert!(name.parse::<JailName>().is_err(), "{name:?}");
        }
        let long = "ü".repeat(1000);
        for name in [
            "sshd",
            "café-日本",
            "with space",
            "a/b",
            "a, b",
            "-x",
            "--x",
            ".",
            "..",
            "Logtarget",
            long.as_str(),
        ] {
            assert_eq!(name.parse::<JailName>().map(|name| name.to_string()).as_deref(), Ok(name));
        }
    }
}
