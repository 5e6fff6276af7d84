//! The first step of a login: the name and the password.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::line::Priority;
use super::password_hashing::Verified;
use super::throttle::Attempt;
use super::{Accounts, AccountsError};
use crate::domain::account::{Account, AccountId};
use crate::domain::one_person::one_person;
use crate::storage::known_addresses;
use crate::storage::logins::{self, Credentials};

/// The result of trying a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum LogIn {
    /// Logged in.
    Done(Account),
    /// Both are right, and [`Accounts::second_factor`] still needs a code.
    SecondFactor(HalfWay),
    /// The name or the password is wrong, or the account is disabled: nobody learns which.
    Wrong,
    /// Not tried, because too many attempts have failed. The next one is tried after this time.
    Wait(Duration),
}

/// Who tries what.
pub(super) struct Typed<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
    pub(super) from: IpAddr,
    /// The account that logged in last on this device.
    pub(super) device: Option<AccountId>,
}

/// An account whose password was right.
pub(super) struct RightPassword {
    pub(super) found: Credentials,
    /// The hash that replaces a weak one.
    renewed: Option<String>,
    attempt: Attempt,
}

/// A login that still needs the second factor. Kept in the session until then; void once the password
/// has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfWay {
    account: AccountId,
    /// Identifies the password that was given.
    mark: String,
}

impl HalfWay {
    pub(super) fn new(account: AccountId, password_hash: &str) -> Self {
        let digest = Sha256::digest(password_hash);
        let mark = base32::encode(base32::Alphabet::Rfc4648 { padding: false }, &digest[..10]);
        Self { account, mark }
    }

    /// The account that logs in.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl Accounts {
    pub(super) async fn compare_password(
        &self,
        typed: &Typed<'_>,
        found: Option<Credentials>,
        attempt: Attempt,
    ) -> Result<Option<LogIn>, AccountsError> {
        match self.right_password(typed, found, attempt).await? {
            Some(right) => self.password_was_right(right, false, typed.from).await,
            None => Ok(Some(LogIn::Wrong)),
        }
    }

    /// Compares the password. `None` if it is wrong, there is no such account, or it is disabled.
    pub(super) async fn right_password(
        &self,
        typed: &Typed<'_>,
        found: Option<Credentials>,
        attempt: Attempt,
    ) -> Result<Option<RightPassword>, AccountsError> {
        let is_known = found.as_ref().is_some_and(|found| found.is_known);
        let is_own_device = found.as_ref().is_some_and(|found| Some(found.account.id) == typed.device);
        let priority = if is_known || is_own_device { Priority::Known } else { Priority::Stranger };
        let hash = found.as_ref().map(|found| found.password_hash.clone());
        let renewed = match self.passwords.verify(typed.password.to_owned(), hash, priority).await {
            Ok(Verified::Wrong) => return Ok(None),
            Ok(Verified::Right) => None,
            Ok(Verified::Renewed(hash)) => Some(hash),
            Err(error) => {
                // Nothing was tried, so nothing failed.
                attempt.give_back();
                return Err(error.into());
            }
        };
        let found = found.filter(|found| !found.disabled);
        Ok(found.map(|found| RightPassword { found, renewed, attempt }))
    }

    /// Completes the first step, or the login if there is no second one or `has_factor`: it was given too.
    pub(super) async fn password_was_right(
        &self,
        RightPassword { found, renewed, attempt }: RightPassword,
        has_factor: bool,
        from: IpAddr,
    ) -> Result<Option<LogIn>, AccountsError> {
        let (now, from) = (self.clock.now(), one_person(from));
        let write = move |connection: &mut _| {
            let right = logins::password_was_right(connection, &found, renewed.as_deref(), from, now)?;
            if right && has_factor {
                known_addresses::note(connection, found.account.id, from, now)?;
            }
            let half_way = HalfWay::new(found.account.id, renewed.as_ref().unwrap_or(&found.password_hash));
            Ok((right, found, half_way))
        };
        let (right, found, half_way) = self.storage.call(write).await?;
        attempt.give_back();
        let answer = if found.has_second_factor() && !has_factor {
            LogIn::SecondFactor(half_way)
        } else {
            LogIn::Done(found.account)
        };
        Ok(right.then_some(answer))
    }
}
