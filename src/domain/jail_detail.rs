//! A jail in full: every setting that fail2ban tells.

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
    /// How its log files are encoded.
    pub(crate) log_encoding: Reading<Option<String>>,
    /// How the time of a log line is found.
    pub(crate) date_pattern: Reading<Option<DatePattern>>,
    /// What is cut out of a line before the failregex sees it.
    pub(crate) pref_regex: Reading<Option<String>>,
    /// What counts as a failure.
    pub(crate) fail_regex: Reading<Vec<String>>,
    /// What never counts as a failure.
    pub(crate) ignore_regex: Reading<Vec<String>>,
    /// Over how many lines an expression may reach.
    pub(crate) max_lines: Reading<u64>,
    /// Whether host names in a log are looked up: `yes`, `warn`, `no` or `raw`.
    pub(crate) use_dns: Reading<Option<String>>,
    /// How many log lines are kept with each address.
    pub(crate) max_matches: Reading<u64>,
    /// Who is never banned.
    pub(crate) ignore_list: Reading<Vec<Listed>>,
    /// Whether the machine's own addresses are never banned.
    pub(crate) ignore_self: Reading<Option<bool>>,
    /// The command that says who is not to be banned.
    pub(crate) ignore_command: Reading<Option<String>>,
    /// How ban times grow.
    pub growth: Growth,
    /// What a ban does.
    pub actions: Reading<Vec<Action>>,
}

/// How a jail finds the time of a log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatePattern {
    /// The pattern; `None` where fail2ban tries those it knows.
    pub(crate) pattern: Option<String>,
    /// fail2ban's name for it.
    pub name: String,
}

/// How the ban times of those who come back grow. Whether they do is
/// [`super::jail::JailTimes::growing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// What each further ban time is multiplied with.
    pub(crate) factor: Reading<Option<String>>,
    /// The expression that gives the next ban time.
    pub(crate) formula: Reading<Option<String>>,
    /// The multipliers, one for each further ban.
    pub(crate) multipliers: Reading<Option<String>>,
    /// The longest ban time.
    pub(crate) max_time: Reading<Option<Length>>,
    /// The longest time that is added at random.
    pub(crate) random_time: Reading<Option<Length>>,
    /// Whether the bans of other jails count, in fail2ban's word.
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

/// Why a text cannot be an action's name.
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

/// An action whose secrets are not masked, for those who may see them. Printed for debugging it tells
/// only its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAction(pub Action);

impl fmt::Debug for RawAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RawAction").field(&self.0.name).finish()
    }
}

impl Action {
    /// Whether secrets in its properties are masked.
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
    /// Whether secrets in its value are masked.
    pub(crate) is_masked: bool,
}
