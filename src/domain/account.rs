//! The accounts that use BanGUI.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumString, VariantArray};
use thiserror::Error;

use crate::domain::text::is_hidden;

pub(crate) mod password;

pub(crate) use password::Password;

/// The number of an account in our database. Never given to another account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

/// An account that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
}

/// The permissions of an account. Each role may do all that the one before it may.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    AsRefStr,
    Display,
    EnumString,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", parse_err_ty = RoleError, parse_err_fn = RoleError::new)]
pub enum Role {
    /// Sees everything of fail2ban and changes nothing.
    Viewer,
    /// Bans, unbans and changes ignore lists.
    Operator,
    /// Reloads, restarts, starts and stops, changes settings, and decides who else may log in.
    Administrator,
}

/// Person who chose a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// Whoever logs in with it.
    Owner,
    /// Somebody else. It has to be changed at the next login.
    Another,
}

/// Whoever finds out that somebody is the owner of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LoginBy {
    /// BanGUI, by a password or a passkey.
    Bangui,
    /// The web server in front.
    Proxy,
}

impl LoginBy {
    /// The one that a column of our database says.
    pub(crate) fn of_column(by_proxy: bool) -> Self {
        if by_proxy { Self::Proxy } else { Self::Bangui }
    }
}

/// Duty that comes before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Choose a password, because another has chosen the present one.
    ChoosePassword,
    /// Set up a second factor, because their role has to have one.
    SetUpSecondFactor,
}

/// Error for a text that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write viewer, operator or administrator")]
pub struct RoleError;

impl RoleError {
    fn new(_text: &str) -> Self {
        Self
    }
}

/// The name of an account: 1 to 64 letters, digits, `.`, `_`, `-` or `@`. Compared without regard
/// to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AccountName(String);

/// Error for a text that is no account name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no account name")]
pub struct AccountNameError;

impl FromStr for AccountName {
    type Err = AccountNameError;

    fn from_str(text: &str) -> Result<Self, AccountNameError> {
        // Some fillers that show nothing are letters.
        let allowed = |c: char| c.is_alphanumeric() && !is_hidden(c) || "._-@".contains(c);
        let length = text.chars().count();
        if (1..=64).contains(&length) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccountNameError)
        }
    }
}

impl TryFrom<String> for AccountName {
    type Error = AccountNameError;

    fn try_from(text: String) -> Result<Self, AccountNameError> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

impl AccountName {
    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name with case folded, in any alphabet: names that differ only in case become
    /// equal.
    #[must_use]
    pub(crate) fn without_case(&self) -> String {
        without_case(&self.0)
    }
}

/// Returns `text` with case folded: texts that differ only in case become equal. For names that
/// were typed and may be none.
#[must_use]
pub(crate) fn without_case(text: &str) -> String {
    // Both ways, because some letters have two small forms (σ and ς) and some two large ones.
    text.to_lowercase().to_uppercase()
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOverview {
    /// The account itself.
    pub account: Account,
    /// True if it may not log in.
    pub(crate) disabled: bool,
    /// True if an authenticator app is set up.
    pub(crate) has_app: bool,
    /// Number of its passkeys.
    pub(crate) passkeys: u32,
    /// True if somebody else chose its password, and it has not logged in since.
    pub(crate) must_change: bool,
    /// Whoever logs it in.
    pub(crate) login_by: LoginBy,
    /// Its last login, if there was one.
    pub(crate) last_login: Option<Timestamp>,
    /// The time when it was added.
    pub(crate) created: Timestamp,
}

impl AccountOverview {
    /// Returns true if the web server in front logs it in, and gives it its role.
    pub(crate) fn by_proxy(&self) -> bool {
        self.login_by == LoginBy::Proxy
    }

    /// Returns true if a login asks for more than the password.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.has_app || self.passkeys > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_limits() {
        assert!("ann.b-c_d@example".parse::<AccountName>().is_ok());
        for name in ["", "a b", "a\nb", "<b>", "admin\u{3164}", &"x".repeat(65)] {
            assert!(name.parse::<AccountName>().is_err(), "{name:?}");
        }
    }
}
