//! The login, in one step or two, behind the throttle.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::line::Priority;
use super::password_hashing::Verified;
use super::proof::{Factor, Turn};
use super::throttle::Way;
use super::through::{LetThrough, Pass};
use super::work::Task;
use super::{Accounts, AccountsError};
use crate::domain::account::{Account, AccountId, AccountName};
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

/// A login that was tried.
#[derive(Debug)]
pub(crate) struct Tried {
    /// Outcome of the attempt.
    pub(crate) outcome: LogIn,
    /// The account whose name was typed. `None` if there is none, or nobody looked.
    pub(crate) whose: Option<AccountName>,
    /// Proofs that would let the next attempt through, if it has to wait for failures from elsewhere.
    pub(crate) task: Option<Task>,
}

/// The result of trying a code of the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum SecondStep {
    /// Logged in.
    Done {
        /// The account.
        account: Account,
        /// Number of recovery codes left, if one was used.
        recovery_codes_left: Option<u32>,
    },
    /// The code is wrong, too old, or was used before.
    Wrong,
    /// The account was changed or disabled since the password was given: start again with the password.
    StartAgain,
    /// Not tried, because too many attempts have failed. The next one is tried after this time.
    Wait(Duration),
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
    fn new(account: AccountId, password_hash: &str) -> Self {
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
    /// Tries a name and a password that somebody at `from` typed.
    ///
    /// # Errors
    /// [`super::password_hashing::PasswordsError::Busy`] when too many log in at once.
    pub async fn log_in(&self, name: &str, password: &str, from: IpAddr) -> Result<LogIn, AccountsError> {
        Ok(self.log_in_on(None, name, password, from).await?.outcome)
    }

    /// The same on a device on which the account `device` logged in last, which does not wait behind
    /// strangers; and whose name it was. A wrong password, an unknown name, a text that is no name and a
    /// disabled account give the same answer after the same work: one question, and one comparison. While
    /// the address has to wait nobody looks who it is.
    ///
    /// # Errors
    /// As [`Accounts::log_in`].
    pub(crate) async fn log_in_on(
        &self,
        device: Option<AccountId>,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Tried, AccountsError> {
        self.log_in_through(None, device, name, password, from).await
    }

    /// The same with what lets it through if failures from elsewhere make it wait.
    ///
    /// # Errors
    /// As [`Accounts::log_in`].
    pub(crate) async fn log_in_through(
        &self,
        pass: Option<Pass>,
        device: Option<AccountId>,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Tried, AccountsError> {
        if let Some(wait) = self.throttle.wait_of_address(from) {
            return Ok(Tried { outcome: LogIn::Wait(wait), whose: None, task: None });
        }
        let (outcome, whose) = match self.try_once(pass, device, name, password, from).await? {
            (Some(outcome), whose) => (outcome, whose),
            // Another login at the same moment may have renewed the hash: then this one is right too.
            (None, whose) => {
                let (again, _) = self.try_once(None, device, name, password, from).await?;
                (again.unwrap_or(LogIn::Wrong), whose)
            }
        };
        let task = self.task(name, from).filter(|_| matches!(outcome, LogIn::Wait(_)));
        Ok(Tried { outcome, whose, task })
    }

    /// Returns no outcome if the account was changed while its password was compared.
    async fn try_once(
        &self,
        pass: Option<Pass>,
        device: Option<AccountId>,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<(Option<LogIn>, Option<AccountName>), AccountsError> {
        let key = name.parse::<AccountName>().map(|name| name.without_case()).unwrap_or_default();
        let origin = self.origin(from);
        let found = self.storage.call(move |connection| logins::by_name(connection, &key, origin)).await?;
        let whose = found.as_ref().map(|found| found.account.name.clone());
        let attempt = match self.begin(name, found.as_ref(), from) {
            Turn::Now(attempt) => LetThrough { attempt, has_factor: false },
            Turn::After(wait) => {
                let wait = (Some(LogIn::Wait(wait)), whose.clone());
                let Some(pass) = pass else { return Ok(wait) };
                let Some(attempt) = self.let_through(pass, name, found.as_ref(), from).await? else {
                    return Ok(wait);
                };
                attempt
            }
        };
        Ok((self.compare_password(device, password, found, attempt, from).await?, whose))
    }

    async fn compare_password(
        &self,
        device: Option<AccountId>,
        password: &str,
        found: Option<Credentials>,
        LetThrough { attempt, has_factor }: LetThrough,
        from: IpAddr,
    ) -> Result<Option<LogIn>, AccountsError> {
        let is_known = found.as_ref().is_some_and(|found| found.is_known);
        let is_own_device = found.as_ref().is_some_and(|found| Some(found.account.id) == device);
        let priority = if is_known || is_own_device { Priority::Known } else { Priority::Stranger };
        let hash = found.as_ref().map(|found| found.password_hash.clone());
        let verified = match self.passwords.verify(password.to_owned(), hash, priority).await {
            Ok(verified) => verified,
            Err(error) => {
                // Nothing was tried, so nothing failed.
                attempt.give_back();
                return Err(error.into());
            }
        };
        let renewed = match verified {
            Verified::Wrong => return Ok(Some(LogIn::Wrong)),
            Verified::Right => None,
            Verified::Renewed(hash) => Some(hash),
        };
        let Some(found) = found.filter(|found| !found.disabled) else { return Ok(Some(LogIn::Wrong)) };
        self.password_was_right(found, renewed, LetThrough { attempt, has_factor }, from).await
    }

    async fn password_was_right(
        &self,
        found: Credentials,
        renewed: Option<String>,
        LetThrough { attempt, has_factor }: LetThrough,
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

    /// Tries what somebody at `from` gives as their second factor: a code of the authenticator app, a recovery
    /// code or an answer of a passkey. Counts in the same throttle as passwords. Each works once.
    pub(crate) async fn second_factor(
        &self,
        half_way: &HalfWay,
        factor: &Factor,
        from: IpAddr,
    ) -> Result<SecondStep, AccountsError> {
        let (id, origin) = (half_way.account, self.origin(from));
        let found = self.storage.call(move |connection| logins::by_id(connection, id, origin)).await?;
        let same = |found: &Credentials| *half_way == HalfWay::new(id, &found.password_hash);
        let Some(found) = found.filter(|found| same(found) && !found.disabled) else {
            return Ok(SecondStep::StartAgain);
        };
        if !found.has_second_factor() {
            return Ok(SecondStep::StartAgain);
        }
        let way = if found.is_known { Way::Known } else { Way::SecondStep };
        let attempt = match self.throttle.begin(found.account.name.as_str(), from, way) {
            Ok(attempt) => attempt,
            Err(wait) => return Ok(SecondStep::Wait(wait)),
        };
        let Some(used) = self.use_second_factor(&found, factor, from).await? else {
            return Ok(SecondStep::Wrong);
        };
        attempt.give_back();
        Ok(SecondStep::Done { account: found.account, recovery_codes_left: used.recovery_codes_left })
    }
}
