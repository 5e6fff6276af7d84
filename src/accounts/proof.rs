//! Proofs of who somebody is: the one place where second factors are checked, and the one where somebody
//! who is logged in proves it again.

use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::domain::account::Account;
use crate::domain::notice::Source;
use crate::domain::one_person::one_person;
use crate::domain::passkey::Site;
use crate::domain::session::SessionNumber;
use crate::storage::logins::{Credentials, Origin, Proof};
use crate::storage::notices::Cause;
use crate::storage::{StorageError, logins};

use super::line::Priority;
use super::password_hashing::{PasswordsError, Verified};
use super::throttle::{Attempt, Way};
use super::totp::{TotpSecret, figures};
use super::webauthn::Challenge;
use super::{Accounts, AccountsError, code};

/// Seconds for which an address stays known after a login.
const KNOWN_FOR: i64 = 90 * 24 * 60 * 60;

/// Somebody who changes their own account. The session that they use stays, the others end.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    /// The account that is logged in.
    pub account: Account,
    /// The session.
    pub session: SessionNumber,
    /// The number that the session gets when its rights have changed.
    pub successor: SessionNumber,
    /// The address that they come from.
    pub from: IpAddr,
    /// Family and system of their browser.
    pub browser: String,
    /// True if this session began with a recovery code some minutes ago. Whoever has lost the phone and used
    /// their last code has nothing else to prove it with.
    pub recovered: bool,
}

impl LoggedIn {
    /// Notice to the account's other sessions about a change.
    pub(super) fn cause(&self) -> Cause {
        let source = Source { address: self.from, browser: self.browser.clone() };
        Cause { session: Some(self.successor), source: Some(source) }
    }
}

/// The reason that somebody's own account was not changed.
#[derive(Debug, Error)]
pub(crate) enum OwnError {
    /// The current password is wrong. This counts as a failed login.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is right, the current second factor is not. This counts as a failed login.
    #[error("the second factor is wrong")]
    WrongFactor,
    /// The proof is neither the password nor a code of the current second factor. This counts as a failed login.
    #[error("this is neither the password nor a code")]
    WrongProof,
    /// Not tried, because too many attempts have failed. The next one is tried after this time.
    #[error("too many attempts have failed: the next is looked at in {} s", .0.as_secs())]
    Wait(Duration),
    /// The code does not belong to the new secret and the time.
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

/// A second factor that somebody gives.
pub(crate) enum Factor {
    /// A code of the app or a recovery code, as it was typed.
    Typed(String),
    /// An answer of a passkey.
    Passkey(Box<PasskeyAnswer>),
}

/// An answer of a passkey, and what was asked.
pub(crate) struct PasskeyAnswer {
    /// The challenge; `None` if there was none, or too long ago.
    pub(crate) challenge: Option<Challenge>,
    /// The site that the answer came to, if it can have passkeys.
    pub(crate) site: Option<Site>,
    /// The browser's answer.
    pub(crate) answer: String,
}

/// A second factor that was given and is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedFactor {
    /// Number of recovery codes left, if one was used.
    pub(crate) recovery_codes_left: Option<u32>,
}

/// Turn of an attempt.
pub(crate) enum Turn {
    /// Now. It counts as failed until it is given back.
    Now(Attempt),
    /// Not before that time has passed.
    After(Duration),
}

impl Accounts {
    /// Checks what somebody at `from` gives as their second factor, and uses it up. Returns `None` if it is
    /// wrong, or the account has none.
    pub(crate) async fn use_second_factor(
        &self,
        found: &Credentials,
        factor: &Factor,
        from: IpAddr,
    ) -> Result<Option<UsedFactor>, AccountsError> {
        match factor {
            Factor::Typed(typed) => self.use_code(found, typed, Some(from)).await,
            Factor::Passkey(answer) => {
                let used = self.use_passkey(Some(found), answer, from).await?;
                Ok(used.is_ok().then_some(UsedFactor { recovery_codes_left: None }))
            }
        }
    }

    /// The same for what was typed. With an address that is known from then on.
    pub(super) async fn use_code(
        &self,
        found: &Credentials,
        typed: &str,
        from: Option<IpAddr>,
    ) -> Result<Option<UsedFactor>, AccountsError> {
        if !found.has_second_factor() {
            return Ok(None);
        }
        let now = self.clock.now();
        let secret = found.totp_secret.as_deref().map(TotpSecret::from_bytes).transpose()?;
        let Some(proof) = proof(secret.as_ref(), typed, now) else { return Ok(None) };
        let found = found.clone();
        let write =
            move |connection: &mut _| logins::use_proof(connection, &found, proof, from.map(one_person), now);
        let left = self.storage.call(write).await?;
        let is_recovery = matches!(proof, Proof::Recovery(_));
        Ok(left.map(|left| UsedFactor { recovery_codes_left: is_recovery.then_some(left) }))
    }

    /// Checks the password, and then `factor` if the account has a second factor and `factor` is given.
    /// A session that began with a recovery code some minutes ago needs no other.
    ///
    /// # Errors
    /// [`OwnError::WrongPassword`], [`OwnError::WrongFactor`] and [`OwnError::Wait`].
    pub(crate) async fn confirm(
        &self,
        who: &LoggedIn,
        password: &str,
        factor: Option<&Factor>,
    ) -> Result<Credentials, OwnError> {
        let (found, attempt) = self.attempt(who).await?;
        let attempt = self.compare(&found, password, attempt).await?;
        if let Some(factor) = factor.filter(|_| found.has_second_factor() && !who.recovered)
            && self.use_second_factor(&found, factor, who.from).await?.is_none()
        {
            return Err(OwnError::WrongFactor);
        }
        attempt.give_back();
        Ok(found)
    }

    /// The one place where somebody who is logged in proves again who they are: by the password, or where
    /// there is a second factor by that.
    ///
    /// # Errors
    /// [`OwnError::WrongPassword`], with a second factor [`OwnError::WrongProof`] or [`OwnError::WrongFactor`], and
    /// [`OwnError::Wait`].
    pub(crate) async fn prove_again(&self, who: &LoggedIn, given: &Factor) -> Result<(), OwnError> {
        let (found, attempt) = self.attempt(who).await?;
        let attempt = match (self.use_second_factor(&found, given, who.from).await?, given) {
            (Some(_), _) => attempt,
            (None, Factor::Typed(typed)) => {
                self.compare(&found, typed, attempt).await.map_err(|error| match error {
                    OwnError::WrongPassword if found.has_second_factor() => OwnError::WrongProof,
                    other => other,
                })?
            }
            (None, Factor::Passkey(_)) => return Err(OwnError::WrongFactor),
        };
        attempt.give_back();
        Ok(())
    }

    /// Begins an attempt at the account of whoever is logged in.
    async fn attempt(&self, who: &LoggedIn) -> Result<(Credentials, Attempt), OwnError> {
        let (id, origin) = (who.account.id, self.origin(who.from));
        let found = self.storage.call(move |connection| logins::by_id(connection, id, origin)).await?;
        match self.begin(who.account.name.as_str(), found.as_ref(), who.from) {
            Turn::Now(attempt) => {
                let found = found.filter(|found| !found.disabled).ok_or(OwnError::WrongPassword)?;
                Ok((found, attempt))
            }
            Turn::After(wait) => Err(OwnError::Wait(wait)),
        }
    }

    /// Compares the password. The attempt counts as failed only if that is wrong.
    async fn compare(
        &self,
        found: &Credentials,
        password: &str,
        attempt: Attempt,
    ) -> Result<Attempt, OwnError> {
        match self
            .passwords
            .verify(password.to_owned(), Some(found.password_hash.clone()), Priority::Known)
            .await
        {
            Ok(Verified::Right | Verified::Renewed(_)) => Ok(attempt),
            Ok(Verified::Wrong) => Err(OwnError::WrongPassword),
            Err(error) => {
                // Nothing was tried, so nothing failed.
                attempt.give_back();
                Err(error.into())
            }
        }
    }

    /// Counts an attempt, or returns how long to wait.
    pub(crate) fn begin(&self, name: &str, found: Option<&Credentials>, from: IpAddr) -> Turn {
        let way = if found.is_some_and(|found| found.is_known) { Way::Known } else { Way::Unknown };
        self.throttle.begin(name, from, way).map_or_else(Turn::After, Turn::Now)
    }

    /// Origin of somebody at `from`, as a query takes it.
    pub(crate) fn origin(&self, from: IpAddr) -> Origin {
        let known_since = self.clock.now().saturating_sub(KNOWN_FOR);
        Origin { address: one_person(from), known_since }
    }
}

/// Reads what was typed as a code of the app or a recovery code.
fn proof(secret: Option<&TotpSecret>, typed: &str, now: i64) -> Option<Proof> {
    match figures(typed) {
        Some(figures) => secret?.step_of(&figures, now).map(Proof::Step),
        None => Some(Proof::Recovery(Sha256::digest(code::plain(typed)).into())),
    }
}
