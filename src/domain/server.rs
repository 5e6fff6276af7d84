//! The daemon's own settings: its database, its log.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumString, VariantArray};
use thiserror::Error;

use super::jail::Reading;

/// The level of fail2ban's log (`fail2ban/protocol.py`, `set loglevel`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, AsRefStr, Display, EnumString, VariantArray,
)]
#[strum(serialize_all = "UPPERCASE", ascii_case_insensitive, parse_err_ty = LogLevelError, parse_err_fn = LogLevelError::new)]
pub enum LogLevel {
    /// Only errors that end it.
    Critical,
    /// Errors too.
    Error,
    /// Warnings too.
    Warning,
    /// Bans and unbans too.
    Notice,
    /// Each failure found too: fail2ban's default.
    Info,
    /// Steps of its work too, for looking into a problem.
    Debug,
    /// More of it.
    TraceDebug,
    /// All of it.
    HeavyDebug,
}

/// Error for a text that is no log level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no log level")]
pub struct LogLevelError;

impl LogLevelError {
    fn new(_text: &str) -> Self {
        Self
    }
}

/// Period for which fail2ban's database keeps a ban, in seconds: 1 to 3,155,760,000, which is 100
/// years. The daemon evaluates what it is sent as an expression (`fail2ban/server/mytime.py`,
/// `str2seconds`), so only a number may go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PurgeAge(u64);

/// Error for a text that is no purge age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no number of seconds that fail2ban can keep bans for")]
pub struct PurgeAgeError;

impl FromStr for PurgeAge {
    type Err = PurgeAgeError;

    fn from_str(text: &str) -> Result<Self, PurgeAgeError> {
        digits(text).ok_or(PurgeAgeError)?.try_into()
    }
}

impl TryFrom<u64> for PurgeAge {
    type Error = PurgeAgeError;

    fn try_from(number: u64) -> Result<Self, PurgeAgeError> {
        if (1..=3_155_760_000).contains(&number) { Ok(Self(number)) } else { Err(PurgeAgeError) }
    }
}

impl From<PurgeAge> for u64 {
    fn from(value: PurgeAge) -> Self {
        value.0
    }
}

impl PurgeAge {
    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }
}

/// Number of log lines that fail2ban's database keeps of each ban: 0, for none, to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct MaxMatches(u64);

/// Error for a text that is no number of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no number of log lines that fail2ban can keep")]
pub struct MaxMatchesError;

impl FromStr for MaxMatches {
    type Err = MaxMatchesError;

    fn from_str(text: &str) -> Result<Self, MaxMatchesError> {
        digits(text).ok_or(MaxMatchesError)?.try_into()
    }
}

impl TryFrom<u64> for MaxMatches {
    type Error = MaxMatchesError;

    fn try_from(number: u64) -> Result<Self, MaxMatchesError> {
        if (0..=10_000).contains(&number) { Ok(Self(number)) } else { Err(MaxMatchesError) }
    }
}

impl From<MaxMatches> for u64 {
    fn from(value: MaxMatches) -> Self {
        value.0
    }
}

impl MaxMatches {
    /// The number of lines.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Digits and nothing else: `parse` alone would take `+1`.
fn digits(text: &str) -> Option<u64> {
    let text = text.trim_matches(' ');
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The daemon's own settings. `Ok(None)` where its database is switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Its database.
    pub database: Reading<Option<String>>,
    /// Period for which the database keeps a ban, in seconds.
    pub(crate) purge_age: Reading<Option<u64>>,
    /// Number of log lines that it keeps of each ban.
    pub(crate) max_matches: Reading<Option<i64>>,
    /// The level of its log: a [`LogLevel`], or a number.
    pub(crate) log_level: Reading<String>,
    /// The target of its log: a file, `SYSLOG`, `STDERR`…
    pub(crate) log_target: Reading<Option<String>>,
}

/// A change of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerChange {
    /// The level of its log.
    LogLevel(LogLevel),
    /// The period for which its database keeps a ban.
    PurgeAge(PurgeAge),
    /// The number of log lines that it keeps of each ban.
    MaxMatches(MaxMatches),
}

/// The result of `flushlogs` (`fail2ban/server/server.py`, `flushLogs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFlush {
    /// It closed its log file and opened it again.
    RolledOver,
    /// It wrote out what it still held.
    Flushed,
    /// It closed its log file and could not open it again. Log lines are lost until it can: it
    /// tries with each line. Holds its reason.
    NotReopened(String),
}

/// Returns true if a log target is a file. The names that stand for something else are taken in any
/// case (`fail2ban/server/server.py`, `setLogTarget`).
#[must_use]
pub(crate) fn is_log_file(target: &str) -> bool {
    let others = ["STDOUT", "SYSOUT", "STDERR", "SYSLOG", "SYSTEMD-JOURNAL", "INHERITED"];
    !others.iter().any(|other| target.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_expression_ever_gets_through_as_a_number() {
        for text in ["", " ", "-1", "+1", "1d", "1.5", "1e3", "0x10", "1_0", "__import__('os')", "1\n", "٣"]
        {
            assert!(text.parse::<PurgeAge>().is_err(), "{text:?}");
            assert!(text.parse::<MaxMatches>().is_err(), "{text:?}");
        }
        assert_eq!(" 86400 ".parse::<PurgeAge>().map(PurgeAge::seconds), Ok(86_400));
        assert!("0".parse::<PurgeAge>().is_err() && "3155760001".parse::<PurgeAge>().is_err());
        assert_eq!("0".parse::<MaxMatches>().map(MaxMatches::number), Ok(0));
        assert!("10001".parse::<MaxMatches>().is_err());
        assert!("99999999999999999999999".parse::<PurgeAge>().is_err());
    }

    #[test]
    fn the_levels_are_fail2bans() {
        for level in LogLevel::VARIANTS.iter().copied() {
            assert_eq!(level.as_ref().to_lowercase().parse(), Ok(level));
        }
        for text in ["", "20", "NONSENSE", "INFO\n", "handler"] {
            assert_eq!(text.parse::<LogLevel>(), Err(LogLevelError), "{text:?}");
        }
    }
}
