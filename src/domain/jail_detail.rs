//! A jail in full: every setting that fail2ban reports.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ignore::listed::Listed;
use super::jail::Reading;
use super::jail::length::Length;
use super::text;

/// The settings of a jail that its summary does not have. In an option, `None` is "not set".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailDetail {
    /// Encoding of its log files.
    pub(crate) log_encoding: Reading<Option<String>>,
    /// Pattern that finds the time of a log line.
    pub(crate) date_pattern: Reading<Option<DatePattern>>,
    /// Expression that cuts out a part of a line before the failregex sees it.
    pub(crate) pref_regex: Reading<Option<String>>,
    /// Expressions that count as a failure.
    pub(crate) fail_regex: Reading<Vec<String>>,
    /// Expressions that never count as a failure.
    pub(crate) ignore_regex: Reading<Vec<String>>,
    /// Number of lines that an expression may span.
    pub(crate) max_lines: Reading<u64>,
    /// Policy for looking up host names in a log: `yes`, `warn`, `no` or `raw`.
    pub(crate) use_dns: Reading<Option<String>>,
    /// Number of log lines that are kept with each address.
    pub(crate) max_matches: Reading<u64>,
    /// Entries that are never banned.
    pub(crate) ignore_list: Reading<Vec<Listed>>,
    /// True if the machine's own addresses are never banned.
    pub(crate) ignore_self: Reading<Option<bool>>,
    /// Command that decides which addresses are not banned.
    pub(crate) ignore_command: Reading<Option<String>>,
    /// Growth of ban times.
    pub growth: Growth,
    /// Actions that a ban runs.
    pub actions: Reading<Vec<Action>>,
}

/// The pattern by which a jail finds the time of a log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatePattern {
    /// The pattern; `None` where fail2ban tries those it knows.
    pub(crate) pattern: Option<String>,
    /// fail2ban's name for it.
    pub name: String,
}

/// The growth of the ban times of repeat offenders. It is switched on by
/// [`super::jail::JailTimes::growing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// Factor that multiplies each further ban time.
    pub(crate) factor: Reading<Option<String>>,
    /// The expression that gives the next ban time.
    pub(crate) formula: Reading<Option<String>>,
    /// The multipliers, one for each further ban.
    pub(crate) multipliers: Reading<Option<String>>,
    /// The longest ban time.
    pub(crate) max_time: Reading<Option<Length>>,
    /// The longest time that is added at random.
    pub(crate) random_time: Reading<Option<Length>>,
    /// The word with which fail2ban says if the bans of other jails count.
    pub(crate) over_all_jails: Reading<Option<String>>,
}

/// An action of a jail. Beyond the broker its secrets are masked ([`super::secret`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its name.
    pub name: String,
    pub(crate) properties: Reading<Vec<Property>>,
}

/// The name of an action as a request has it: 1 to 200 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionName(String);

/// Error for a text that cannot be an action's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no name that an action can have")]
pub struct ActionNameError;

impl FromStr for ActionName {
    type Err = ActionNameError;

    fn from_str(text: &str) -> Result<Self, ActionNameError> {
        let is_name = (1..=200).contains(&text.chars().count()) && text::is_safe_argument(text);
        if is_name { Ok(Self(text.to_owned())) } else { Err(ActionNameError) }
    }
}

impl TryFrom<String> for ActionName {
    type Error = ActionNameError;

    fn try_from(text: String) -> Result<Self, ActionNameError> {
        text.parse()
    }
}

impl From<ActionName> for String {
    fn from(name: ActionName) -> Self {
        name.0
    }
}

impl ActionName {
    /// The name as fail2ban has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An action whose secrets are not masked, for those who may see them. Its debug output holds only
/// its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAction(pub Action);

impl fmt::Debug for RawAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RawAction").field(&self.0.name).finish()
    }
}

impl Action {
    /// Returns true if secrets in its properties are masked.
    #[must_use]
    pub(crate) fn is_masked(&self) -> bool {
        self.properties.iter().flatten().any(|property| property.is_masked)
    }
}

/// A property of an action, as `actionban`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Property {
    pub name: String,
    /// Its value; `None` also where it is empty.
    pub value: Reading<Option<String>>,
    /// True if secrets in its value are masked.
    pub(crate) is_masked: bool,
}
