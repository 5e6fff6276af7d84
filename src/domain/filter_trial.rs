//! Trying a jail's filter on lines: the question and what it finds.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest text of pasted lines, in bytes.
pub(crate) const LONGEST_PASTED: usize = 64 * 1024;
/// The longest text of all expressions of a kind, in bytes.
pub(crate) const LONGEST_EXPRESSIONS: usize = 64 * 1024;
/// The most expressions of a kind.
pub(crate) const MOST_EXPRESSIONS: usize = 500;

/// A trial of a jail's filter. It changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterQuestion {
    /// The lines that the filter reads.
    pub lines: TrialLines,
    /// Expressions in the place of the jail's `failregex`; `None` for those that it has.
    pub failregex: Option<Expressions>,
    /// The same for its `ignoreregex`.
    pub ignoreregex: Option<Expressions>,
}

impl FilterQuestion {
    /// The filter as the daemon has it, on the last lines of the jail's own log.
    #[must_use]
    pub fn of_log() -> Self {
        Self { lines: TrialLines::FromLog, failregex: None, ignoreregex: None }
    }
}

/// The lines that a filter is tried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrialLines {
    /// The last of the jail's logs, or of the journal where it reads that.
    FromLog,
    /// Lines that somebody gave.
    Pasted(PastedLines),
}

/// Lines that somebody gave, of any characters: at most 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PastedLines(String);

/// Error for lines that are too long together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {LONGEST_PASTED} bytes")]
pub struct PastedLinesError;

impl TryFrom<String> for PastedLines {
    type Error = PastedLinesError;

    fn try_from(text: String) -> Result<Self, PastedLinesError> {
        if text.len() <= LONGEST_PASTED { Ok(Self(text)) } else { Err(PastedLinesError) }
    }
}

impl From<PastedLines> for String {
    fn from(lines: PastedLines) -> Self {
        lines.0
    }
}

impl PastedLines {
    /// The lines as they were given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Regular expressions, none of them empty or of several lines: at most 500, of 64 KiB together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Expressions(Vec<String>);

/// Reason why texts are no expressions that are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ExpressionsError {
    /// They are more or longer than any filter's.
    #[error("more than {MOST_EXPRESSIONS} expressions, or than {LONGEST_EXPRESSIONS} bytes")]
    TooMany,
    /// One of them is empty, or has a control character.
    #[error("an expression that is empty or has a control character")]
    Unsafe,
}

impl TryFrom<Vec<String>> for Expressions {
    type Error = ExpressionsError;

    fn try_from(texts: Vec<String>) -> Result<Self, ExpressionsError> {
        let length: usize = texts.iter().map(String::len).sum();
        if texts.len() > MOST_EXPRESSIONS || length > LONGEST_EXPRESSIONS {
            return Err(ExpressionsError::TooMany);
        }
        let is_safe = |text: &String| !text.trim().is_empty() && !text.chars().any(is_unsafe);
        if texts.iter().all(is_safe) { Ok(Self(texts)) } else { Err(ExpressionsError::Unsafe) }
    }
}

impl From<Expressions> for Vec<String> {
    fn from(expressions: Expressions) -> Self {
        expressions.0
    }
}

impl Expressions {
    /// The expressions of a text with one on each line. Empty lines are left out.
    ///
    /// # Errors
    /// They are too many, too long, or have a control character.
    pub fn of_lines(text: &str) -> Result<Self, ExpressionsError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<String>>().try_into()
    }

    /// The expressions in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// A tab may stand in an expression.
fn is_unsafe(c: char) -> bool {
    c.is_control() && c != '\t'
}

/// What a filter finds in lines. Numbers are of all lines that were read and are not blank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FilterTrial {
    /// Number of lines.
    pub lines: u64,
    /// Lines that count as a failure.
    pub matched: u64,
    /// Lines that would count, were it not for an `ignoreregex`.
    pub ignored: u64,
    /// Lines that an expression knows, and that count as no failure by themselves: part of a login that goes on, or
    /// of a match over several lines.
    pub noticed: u64,
    /// Lines that match nothing.
    pub unmatched: u64,
    /// Lines of any kind in which fail2ban understands no date. It takes the present time for those.
    pub without_date: u64,
    /// Lines that match nothing and look like a failed login: a guess by their words.
    pub suspicious_count: u64,
    /// The newest of those.
    pub suspicious: Vec<String>,
    /// Lines at which fail2ban itself fails.
    pub broken: Option<BrokenLines>,
    /// The newest time of a line that counts as a failure, in seconds since 1970.
    pub newest: Option<i64>,
    /// The logs that were read.
    pub logs: Vec<TriedLog>,
    /// The newest lines of each kind, in the order in which they were read.
    pub shown: Vec<TriedLine>,
    /// The expressions that were tried.
    pub expressions: TriedExpressions,
}

/// Lines at which fail2ban itself fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenLines {
    /// Number of lines.
    pub lines: u64,
    /// fail2ban's words at the last one.
    pub words: String,
}

/// A log file that a jail reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedLog {
    /// Its path.
    pub path: String,
    /// Number of lines that were read from it.
    pub lines: u64,
    /// Reason why it cannot be read.
    pub fault: Option<LogFault>,
    /// The seconds from the time in its last line to its last change. `None` where one of them is not known.
    pub lag: Option<i64>,
}

/// Reason why a log file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFault {
    /// It is not there.
    Gone,
    /// Reading it is not permitted.
    Denied,
    /// It is a directory, a pipe or a device.
    NoFile,
    /// Another reason, in the system's words.
    Failed(String),
}

/// A line, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedLine {
    /// The line, cut where it is long.
    pub text: String,
    /// What became of it.
    pub outcome: LineOutcome,
    /// True if it matches nothing and looks like a failed login.
    pub suspicious: bool,
    /// True if fail2ban understands its date.
    pub has_date: bool,
    /// What was found in it, if it matched.
    pub found: Option<Finding>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineOutcome {
    /// It counts as a failure.
    Matched,
    /// An `ignoreregex` keeps it from counting.
    Ignored,
    /// An expression knows it, and it counts as no failure by itself.
    Noticed,
    /// No expression matches.
    Unmatched,
}

/// What was found in a line that counts as a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Index of the expression, from 0.
    pub expression: u64,
    /// What would be banned.
    pub id: String,
    /// The address, name or identifier as it stands in the line.
    pub host: Option<String>,
    /// The time of the line, in seconds since 1970.
    pub time: Option<i64>,
    /// The named groups of the expression.
    pub groups: Vec<(String, String)>,
}

/// The expressions that were tried, with fail2ban's short forms (`<HOST>`) where they stand for something long.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TriedExpressions {
    /// Those that count as a failure.
    pub failregex: Vec<String>,
    /// Those that keep a line from counting.
    pub ignoreregex: Vec<String>,
    /// The one that cuts out a part of a line before.
    pub prefregex: Option<String>,
}

/// Reason why a filter could not be tried.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Untried {
    /// None of the jail's logs can be read.
    #[error("none of its logs can be read")]
    Unread(Vec<TriedLog>),
    /// It has no log.
    #[error("it has no log")]
    NoLog,
    /// It reads the journal, and this machine lacks the Python module for that. Holds Python's words.
    #[error("the journal cannot be read: {0}")]
    NoJournalModule(String),
    /// The journal cannot be read. Holds the system's words.
    #[error("the journal cannot be read: {0}")]
    Journal(String),
    /// fail2ban refuses a setting of the filter.
    #[error("fail2ban refuses {setting}: {words}")]
    Refused {
        /// The setting, as `failregex`.
        setting: String,
        /// Index of the expression, from 0, where it has several.
        index: Option<u64>,
        /// fail2ban's words.
        words: String,
    },
    /// It took too long: an expression may try the same text in very many ways.
    #[error("it was not done in time")]
    TooSlow,
    /// It took too much memory.
    #[error("it took too much memory")]
    Memory,
    /// Those of other jails took all the time that there is for all.
    #[error("the filters of other jails took all the time")]
    NoTime,
    /// fail2ban's own code failed. Holds its words.
    #[error("{0}")]
    Failed(String),
}

#[cfg(test)]
mod tests;
