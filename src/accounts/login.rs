//! The login, in one step or two, behind the throttle.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::line::Priority;
use super::password_hashing::Verified;
use super::throttle::Attempt;
use super::totp::{TotpSecret, figures};
use super::{Accounts, AccountsError, code};
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::one_person::one_person;
use crate::storage::known_addresses;
use crate::storage::logins::{self, Credentials, Proof};

/// Seconds for which an address stays known after a login.
const KNOWN_FOR: i64 = 90 * 24 * 60 * 60;

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

/// Verdict of the throttle on a login attempt.
pub(crate) enum Turn {
    /// Now. It counts as failed until it is given back.
    Now(Attempt),
    /// Not before that time has passed.
    After(Duration),
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
    /// Tries a name and a password that somebody at `from` typed. A wrong password, an unknown name, a text
    /// that is no name and a disabled account give the same answer after the same work.
    ///
    /// # Errors
    /// [`super::password_hashing::PasswordsError::Busy`] when too many log in at once.
    pub async fn log_in(&self, name: &str, password: &str, from: IpAddr) -> Result<LogIn, AccountsError> {
        self.log_in_on(None, name, password, from).await
    }

    /// The same on a device on which the account `device` logged in last: it does not wait behind strangers.
    ///
    /// # Errors
    /// As [`Accounts::log_in`].
    pub(crate) async fn log_in_on(
        &self,
        device: Option<AccountId>,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<LogIn, AccountsError> {
        match self.try_log_in(device, name, password, from).await? {
            Some(answer) => Ok(answer),
            // Another login at the same moment may have renewed the hash: then this one is right too.
            None => Ok(self.try_log_in(device, name, password, from).await?.unwrap_or(LogIn::Wrong)),
        }
    }

    /// Returns `None` if the account was changed while its password was compared.
    async fn try_log_in(
        &self,
        device: Option<AccountId>,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Option<LogIn>, AccountsError> {
        let found = match name.parse::<AccountName>() {
            Ok(name) => self.storage.call(move |connection| logins::by_name(connection, &name)).await?,
            Err(_) => None,
        };
        let is_known = self.is_known(found.as_ref(), from).await?;
        let attempt = match self.throttle.begin(name, from, is_known) {
            Ok(attempt) => attempt,
            Err(wait) => return Ok(Some(LogIn::Wait(wait))),
        };
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
        self.password_was_right(found, renewed, attempt, from).await
    }

    async fn password_was_right(
        &self,
        found: Credentials,
        renewed: Option<String>,
        attempt: Attempt,
        from: IpAddr,
    ) -> Result<Option<LogIn>, AccountsError> {
        let now = self.clock.now();
        let write = move |connection: &mut _| {
            let right =
                logins::password_was_right(connection, &found, renewed.as_deref(), one_person(from), now)?;
            let half_way = HalfWay::new(found.account.id, renewed.as_ref().unwrap_or(&found.password_hash));
            Ok((right, found, half_way))
        };
        let (right, found, half_way) = self.storage.call(write).await?;
        attempt.give_back();
        let answer = match found.totp_secret {
            Some(_) => LogIn::SecondFactor(half_way),
            None => LogIn::Done(found.account),
        };
        Ok(right.then_some(answer))
    }

    /// Tries a code that somebody at `from` typed: of the authenticator app, or a recovery code. Counts in the
    /// same throttle as passwords. Each code works once.
    pub async fn second_factor(
        &self,
        half_way: &HalfWay,
        typed: &str,
        from: IpAddr,
    ) -> Result<SecondStep, AccountsError> {
        let id = half_way.account;
        let found = self.storage.call(move |connection| logins::by_id(connection, id)).await?;
        let same = |found: &Credentials| *half_way == HalfWay::new(id, &found.password_hash);
        let Some(found) = found.filter(|found| same(found) && !found.disabled) else {
            return Ok(SecondStep::StartAgain);
        };
        let Some(secret) = found.totp_secret.as_deref() else { return Ok(SecondStep::StartAgain) };
        let secret = TotpSecret::from_bytes(secret)?;
        let name = found.account.name.clone();
        let attempt = match self.begin(name.as_str(), Some(&found), from).await? {
            Turn::Now(attempt) => attempt,
            Turn::After(wait) => return Ok(SecondStep::Wait(wait)),
        };
        let now = self.clock.now();
        let Some(proof) = proof(&secret, typed, now) else { return Ok(SecondStep::Wrong) };
        let account = found.account.clone();
        let write =
            move |connection: &mut _| logins::use_proof(connection, &found, proof, one_person(from), now);
        let Some(left) = self.storage.call(write).await? else { return Ok(SecondStep::Wrong) };
        attempt.give_back();
        let recovery_codes_left = matches!(proof, Proof::Recovery(_)).then_some(left);
        Ok(SecondStep::Done { account, recovery_codes_left })
    }

    /// Counts an attempt, or returns how long to wait.
    pub(crate) async fn begin(
        &self,
        name: &str,
        found: Option<&Credentials>,
        from: IpAddr,
    ) -> Result<Turn, AccountsError> {
        let is_known = self.is_known(found, from).await?;
        Ok(self.throttle.begin(name, from, is_known).map_or_else(Turn::After, Turn::Now))
    }

    /// Returns true if the account has logged in from that address lately.
    async fn is_known(&self, found: Option<&Credentials>, from: IpAddr) -> Result<bool, AccountsError> {
        let Some(id) = found.map(|found| found.account.id) else { return Ok(false) };
        let since = self.clock.now().saturating_sub(KNOWN_FOR);
        let look =
            move |connection: &mut _| known_addresses::is_known(connection, id, one_person(from), since);
        Ok(self.storage.call(look).await?)
    }
}

/// Reads what was typed as a code of the app or a recovery code.
fn proof(secret: &TotpSecret, typed: &str, now: i64) -> Option<Proof> {
    match figures(typed) {
        Some(figures) => secret.step_of(&figures, now).map(Proof::Step),
        None => Some(Proof::Recovery(Sha256::digest(code::plain(typed)).into())),
    }
}
