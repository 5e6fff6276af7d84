//! The login, in one step or two, behind the throttle.

use std::net::IpAddr;
use std::time::Duration;

use super::first_step::{HalfWay, LogIn, Typed};
use super::proof::{Factor, Turn};
use super::throttle::Way;
use super::through::{Pass, Through};
use super::work::Task;
use super::{Accounts, AccountsError};
use crate::domain::account::{Account, AccountId, AccountName};
use crate::storage::logins::{self, Credentials};

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
        let typed = Typed { name, password, from, device };
        let (outcome, whose) = match self.try_once(pass, &typed).await? {
            (Some(outcome), whose) => (outcome, whose),
            // Another login at the same moment may have renewed the hash: then this one is right too.
            (None, whose) => {
                let (again, _) = self.try_once(None, &typed).await?;
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
        typed: &Typed<'_>,
    ) -> Result<(Option<LogIn>, Option<AccountName>), AccountsError> {
        let key = typed.name.parse::<AccountName>().map(|name| name.without_case()).unwrap_or_default();
        let origin = self.origin(typed.from);
        let found = self.storage.call(move |connection| logins::by_name(connection, &key, origin)).await?;
        let whose = found.as_ref().map(|found| found.account.name.clone());
        let outcome = match (self.begin(typed.name, found.as_ref(), typed.from), pass) {
            (Turn::Now(attempt), _) => self.compare_password(typed, found, attempt).await?,
            (Turn::After(wait), None) => Some(LogIn::Wait(wait)),
            (Turn::After(wait), Some(pass)) => match self.try_through(pass, typed, found).await? {
                Through::Tried(outcome) => outcome,
                Through::No => Some(LogIn::Wait(wait)),
            },
        };
        Ok((outcome, whose))
    }

    /// Tries what somebody at `from` gives as their second factor: a code of the authenticator app, a recovery
    /// code or an answer of a passkey. Counts in the same throttle as passwords. Each works once.
    pub(crate) async fn second_factor(
        &self,
        half_way: &HalfWay,
        factor: &Factor,
        from: IpAddr,
    ) -> Result<SecondStep, AccountsError> {
        let (id, origin) = (half_way.account(), self.origin(from));
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
