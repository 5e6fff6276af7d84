//! Changes that users make to their own account. Each asks for the password again.

use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::domain::account::{Account, AccountId, Password};
use crate::domain::session::SessionNumber;
use crate::storage::logins::Credentials;
use crate::storage::second_factor::RecoveryHash;
use crate::storage::self_service::Change;
use crate::storage::{StorageError, logins, second_factor, self_service};

use super::code::Code;
use super::line::Priority;
use super::login::Turn;
use super::password_hashing::{PasswordsError, Verified};
use super::totp::{TotpSecret, figures};
use super::{Accounts, AccountsError};

/// Number of recovery codes at first.
const RECOVERY_CODES: usize = 10;

/// A one-time code of 80 random bits, for the day that the phone is lost. Shown once, stored as its hash.
pub(crate) type RecoveryCode = Code<16>;

/// Somebody who changes their own account. The session that they use stays, the others end.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    /// The account that is logged in.
    pub account: Account,
    /// The session.
    pub session: SessionNumber,
    /// The address that they come from.
    pub from: IpAddr,
}

/// The reason that somebody's own account was not changed.
#[derive(Debug, Error)]
pub(crate) enum OwnError {
    /// The current password is wrong. This counts as a failed login.
    #[error("the password is wrong")]
    WrongPassword,
    /// Not tried, because too many attempts have failed. The next one is tried after this time.
    #[error("too many attempts have failed: the next is looked at in {} s", .0.as_secs())]
    Wait(Duration),
    /// The code does not belong to the secret and the time.
    #[error("the code does not fit the secret and the time")]
    WrongCode,
    /// There is no second factor to have recovery codes for.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// The database or the password hash failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl From<PasswordsError> for OwnError {
    fn from(error: PasswordsError) -> Self {
        Self::Accounts(error.into())
    }
}

impl From<StorageError> for OwnError {
    fn from(error: StorageError) -> Self {
        Self::Accounts(error.into())
    }
}

/// The state of somebody's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecondFactorState {
    /// True if a login needs a code too.
    pub on: bool,
    /// Number of recovery codes left.
    pub(crate) recovery_codes_left: u32,
}

impl Accounts {
    /// Changes the password and ends the other sessions.
    ///
    /// # Errors
    /// [`OwnError::WrongPassword`] when `current` is not the password, and [`OwnError::Wait`].
    pub(crate) async fn change_password(
        &self,
        who: &LoggedIn,
        current: &str,
        new: Password,
    ) -> Result<(), OwnError> {
        let confirmed = self.confirm(who, current).await?;
        let hash = self.passwords.hash(new).await?;
        self.change(who, confirmed, Change::Password(hash)).await
    }

    /// Turns the second factor on, or replaces it, and ends the other sessions. `code` is what the
    /// authenticator app shows for `secret`, and is used up by this. Returns the recovery codes.
    ///
    /// # Errors
    /// As [`Accounts::change_password`], and [`OwnError::WrongCode`].
    pub(crate) async fn enable_second_factor(
        &self,
        who: &LoggedIn,
        password: &str,
        secret: &TotpSecret,
        code: &str,
    ) -> Result<Vec<RecoveryCode>, OwnError> {
        let confirmed = self.confirm(who, password).await?;
        let now = self.clock.now();
        let step = figures(code).and_then(|code| secret.step_of(&code, now)).ok_or(OwnError::WrongCode)?;
        let (codes, recovery) = recovery_codes();
        let change = Change::SecondFactor { secret: secret.as_bytes().to_owned(), step, recovery };
        self.change(who, confirmed, change).await?;
        Ok(codes)
    }

    /// Turns the second factor off and ends the other sessions.
    ///
    /// # Errors
    /// As [`Accounts::change_password`].
    pub(crate) async fn disable_second_factor(&self, who: &LoggedIn, password: &str) -> Result<(), OwnError> {
        let confirmed = self.confirm(who, password).await?;
        self.change(who, confirmed, Change::NoSecondFactor).await
    }

    /// Replaces the recovery codes that are left, and ends the other sessions.
    ///
    /// # Errors
    /// As [`Accounts::change_password`], and [`OwnError::NoSecondFactor`].
    pub(crate) async fn new_recovery_codes(
        &self,
        who: &LoggedIn,
        password: &str,
    ) -> Result<Vec<RecoveryCode>, OwnError> {
        let confirmed = self.confirm(who, password).await?;
        if confirmed.totp_secret.is_none() {
            return Err(OwnError::NoSecondFactor);
        }
        let (codes, recovery) = recovery_codes();
        self.change(who, confirmed, Change::RecoveryCodes(recovery)).await?;
        Ok(codes)
    }

    /// The state of the second factor of `account`.
    pub(crate) async fn second_factor_of(
        &self,
        account: AccountId,
    ) -> Result<SecondFactorState, AccountsError> {
        let look = move |connection: &mut _| {
            let on = second_factor::is_on(connection, account)?;
            let recovery_codes_left = second_factor::recovery_codes_left(connection, account)?;
            Ok(SecondFactorState { on, recovery_codes_left })
        };
        Ok(self.storage.call(look).await?)
    }

    /// Checks the current password.
    async fn confirm(&self, who: &LoggedIn, password: &str) -> Result<Credentials, OwnError> {
        let id = who.account.id;
        let found = self.storage.call(move |connection| logins::by_id(connection, id)).await?;
        let attempt = match self.begin(who.account.name.as_str(), found.as_ref(), who.from).await? {
            Turn::Now(attempt) => attempt,
            Turn::After(wait) => return Err(OwnError::Wait(wait)),
        };
        let hash = found.as_ref().map(|found| found.password_hash.clone());
        match (self.passwords.verify(password.to_owned(), hash, Priority::Known).await, found) {
            (Ok(Verified::Right | Verified::Renewed(_)), Some(found)) if !found.disabled => {
                attempt.give_back();
                Ok(found)
            }
            (Ok(_), _) => Err(OwnError::WrongPassword),
            (Err(error), _) => {
                // Nothing was tried, so nothing failed.
                attempt.give_back();
                Err(error.into())
            }
        }
    }

    /// Writes the change, unless the account has changed since its password was confirmed.
    async fn change(&self, who: &LoggedIn, read: Credentials, change: Change) -> Result<(), OwnError> {
        let stays = who.session;
        let write = move |connection: &mut _| self_service::change(connection, &read, &change, stays);
        if self.storage.call(write).await? { Ok(()) } else { Err(OwnError::WrongPassword) }
    }
}

fn recovery_codes() -> (Vec<RecoveryCode>, Vec<RecoveryHash>) {
    let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).map(|_| RecoveryCode::generate()).collect();
    let hashes = codes.iter().map(|code| Sha256::digest(code.plain()).into()).collect();
    (codes, hashes)
}
