//! Changes that users make to their own account. Each asks for the password again.

use sha2::{Digest, Sha256};

use crate::domain::account::{AccountId, Password};
use crate::storage::logins::Credentials;
use crate::storage::second_factor::RecoveryHash;
use crate::storage::self_service::Change;
use crate::storage::{passkeys, second_factor, self_service};

use super::code::Code;
use super::proof::{Factor, LoggedIn, OwnError};
use super::totp::{TotpSecret, figures};
use super::{Accounts, AccountsError};

/// Number of recovery codes at first.
const RECOVERY_CODES: usize = 10;

/// A one-time code of 120 random bits, for the day that the phone is lost. Shown once, stored as its hash.
pub(crate) type RecoveryCode = Code<24>;

/// The state of somebody's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecondFactorState {
    /// True if an authenticator app is set up.
    pub app: bool,
    /// Number of passkeys.
    pub(crate) passkeys: usize,
    /// Number of recovery codes left.
    pub(crate) recovery_codes_left: u32,
    /// Number of those that are shorter than codes are made today, and should be renewed.
    pub(crate) short_codes_left: u32,
}

impl SecondFactorState {
    /// Returns true if a login needs more than the password.
    pub fn is_on(self) -> bool {
        self.app || self.passkeys > 0
    }
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
        let confirmed = self.confirm(who, current, None).await?;
        let hash = self.passwords.hash(new).await?;
        self.change(who, confirmed, Change::Password(hash)).await
    }

    /// Sets an authenticator app up, or replaces it, and ends the other sessions. `code` is what the
    /// authenticator app shows for `secret`, and is used up by this. To replace one takes a code of it as
    /// `factor`. Returns the recovery codes.
    ///
    /// # Errors
    /// As [`Accounts::disable_second_factor`], and [`OwnError::WrongCode`].
    pub(crate) async fn enable_second_factor(
        &self,
        who: &LoggedIn,
        password: &str,
        factor: &Factor,
        secret: &TotpSecret,
        code: &str,
    ) -> Result<Vec<RecoveryCode>, OwnError> {
        let now = self.clock.now();
        let step = figures(code).and_then(|code| secret.step_of(&code, now));
        // A code of the present factor is good once, so it is not used up in vain.
        let confirmed = self.confirm(who, password, step.map(|_| factor)).await?;
        let step = step.ok_or(OwnError::WrongCode)?;
        let (codes, recovery) = recovery_codes();
        let change = Change::SecondFactor { secret: secret.as_bytes().to_owned(), step, recovery };
        self.change(who, confirmed, change).await?;
        Ok(codes)
    }

    /// Removes the authenticator app and ends the other sessions.
    ///
    /// # Errors
    /// As [`Accounts::change_password`], and [`OwnError::WrongFactor`].
    pub(crate) async fn disable_second_factor(
        &self,
        who: &LoggedIn,
        password: &str,
        factor: &Factor,
    ) -> Result<(), OwnError> {
        let confirmed = self.confirm(who, password, Some(factor)).await?;
        self.change(who, confirmed, Change::NoSecondFactor).await
    }

    /// Replaces the recovery codes that are left, and ends the other sessions.
    ///
    /// # Errors
    /// As [`Accounts::disable_second_factor`], and [`OwnError::NoSecondFactor`].
    pub(crate) async fn new_recovery_codes(
        &self,
        who: &LoggedIn,
        password: &str,
        factor: &Factor,
    ) -> Result<Vec<RecoveryCode>, OwnError> {
        let confirmed = self.confirm(who, password, Some(factor)).await?;
        if !confirmed.has_second_factor() {
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
            let app = second_factor::has_app(connection, account)?;
            let passkeys = passkeys::of_account(connection, account)?.len();
            let recovery_codes_left = second_factor::recovery_codes_left(connection, account)?;
            let short_codes_left = second_factor::short_recovery_codes(connection, account)?;
            Ok(SecondFactorState { app, passkeys, recovery_codes_left, short_codes_left })
        };
        Ok(self.storage.call(look).await?)
    }

    /// Writes the change, unless the account has changed since its password was confirmed.
    pub(super) async fn change(
        &self,
        who: &LoggedIn,
        read: Credentials,
        change: Change,
    ) -> Result<(), OwnError> {
        let (stays, now) = (who.session, self.clock.now());
        let cause = who.cause();
        let write =
            move |connection: &mut _| self_service::change(connection, &read, &change, stays, &cause, now);
        if self.storage.call(write).await? { Ok(()) } else { Err(OwnError::WrongPassword) }
    }
}

pub(super) fn recovery_codes() -> (Vec<RecoveryCode>, Vec<RecoveryHash>) {
    let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).map(|_| RecoveryCode::generate()).collect();
    let hashes = codes.iter().map(|code| Sha256::digest(code.plain()).into()).collect();
    (codes, hashes)
}
