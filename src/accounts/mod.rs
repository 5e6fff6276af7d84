//! Accounts, their passwords, and the first account of a new installation.

pub(crate) mod administration;
pub(crate) mod by_proxy;
pub(crate) mod code;
pub(crate) mod first_step;
pub(crate) mod hasher;
pub(crate) mod line;
pub(crate) mod login;
pub(crate) mod notices;
pub(crate) mod passkeys;
pub(crate) mod password_hashing;
pub(crate) mod proof;
pub(crate) mod required_factor;
pub(crate) mod self_service;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod throttle;
pub(crate) mod through;
pub(crate) mod totp;
pub(crate) mod webauthn;
pub(crate) mod work;

use std::sync::Arc;

use thiserror::Error;

use crate::domain::account::password::PasswordError;
use crate::domain::account::{Account, AccountId, AccountName, ChosenBy, Password, Role};
use crate::domain::clock::Clock;
use crate::storage::{Storage, StorageError, accounts};
pub(crate) use administration::AdministrationError;
pub use code::Code;
pub(crate) use first_step::HalfWay;
pub use first_step::LogIn;
pub(crate) use login::{SecondStep, Tried};
pub(crate) use passkeys::{AddPasskeyError, PasskeyLogIn, PasskeyQuestion};
use password_hashing::Passwords;
pub(crate) use password_hashing::PasswordsError;
pub(crate) use proof::{Factor, LoggedIn, OwnError, PasskeyAnswer};
pub(crate) use self_service::{RecoveryCode, SecondFactorState};
pub(crate) use sessions::Sessions;
pub(crate) use setup::{Setup, SetupError};
use throttle::Throttle;
pub(crate) use through::Pass;
pub(crate) use totp::{QrCode, QrError, TotpSecret, TotpSecretError};
use webauthn::Challenges;
pub(crate) use webauthn::{Challenge, WebauthnError};
pub(crate) use work::Task;
use work::Tasks;

/// The accounts. Clones share everything.
#[derive(Clone)]
pub struct Accounts {
    storage: Storage,
    clock: Clock,
    passwords: Passwords,
    throttle: Throttle,
    challenges: Challenges,
    tasks: Tasks,
    /// Names of this machine, which make no password.
    host_names: Arc<[String]>,
}

/// The reason that an account could not be added or looked up.
#[derive(Debug, Error)]
pub enum AccountsError {
    /// Another account has that name, perhaps in another case.
    #[error("there is an account with that name already")]
    NameTaken,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A password could not be hashed or compared.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// A stored secret of a second factor is invalid.
    #[error(transparent)]
    Secret(#[from] TotpSecretError),
    /// WebAuthn cannot be used here.
    #[error(transparent)]
    Webauthn(#[from] WebauthnError),
}

impl Accounts {
    /// Opens the accounts in `storage`.
    ///
    /// # Errors
    /// When the system has no random bytes or not the memory for a hash.
    pub fn new(storage: Storage) -> Result<Self, AccountsError> {
        Self::with_clock(storage, Clock::default())
    }

    /// Opens the accounts in `storage`, with `clock` for waiting times and codes.
    pub(crate) fn with_clock(storage: Storage, clock: Clock) -> Result<Self, AccountsError> {
        let throttle = Throttle::new(clock.clone());
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let (passwords, challenges) = (Passwords::new()?, Challenges::new(clock.clone()));
        let tasks = Tasks::new(clock.clone());
        Ok(Self { storage, clock, passwords, throttle, challenges, tasks, host_names: [machine].into() })
    }

    /// The same accounts, reached under these names too.
    pub(crate) fn reached_as<'a>(self, names: impl Iterator<Item = &'a str>) -> Self {
        let names = names.map(str::to_owned);
        Self { host_names: self.host_names.iter().cloned().chain(names).collect(), ..self }
    }

    /// Takes `text` for a new password of the account `name`, unless it is made of that name, of this
    /// machine's, or of what else is guessed first.
    pub(crate) fn new_password(&self, name: &str, text: &str) -> Result<Password, PasswordError> {
        let words: Vec<&str> = self.host_names.iter().map(String::as_str).chain([name]).collect();
        Password::new(text, &words)
    }

    /// Returns true if there is no account with a password, so that nobody can log in here.
    pub async fn is_empty(&self) -> Result<bool, AccountsError> {
        Ok(self.storage.call(|connection| accounts::is_empty(connection)).await?)
    }

    /// Adds an account, whose owner has chosen the password.
    ///
    /// # Errors
    /// [`AccountsError::NameTaken`], also when the names differ in case only.
    pub async fn add(
        &self,
        name: AccountName,
        password: Password,
        role: Role,
    ) -> Result<AccountId, AccountsError> {
        self.add_with(name, password, role, ChosenBy::Owner).await
    }

    /// Adds an account.
    ///
    /// # Errors
    /// As [`Accounts::add`].
    pub(crate) async fn add_with(
        &self,
        name: AccountName,
        password: Password,
        role: Role,
        chosen_by: ChosenBy,
    ) -> Result<AccountId, AccountsError> {
        let hash = self.passwords.hash(password).await?;
        let write = move |connection: &mut _| accounts::insert(connection, &name, &hash, role, chosen_by);
        self.storage.call(write).await?.ok_or(AccountsError::NameTaken)
    }

    /// Looks an account up by its number.
    pub(crate) async fn by_id(&self, id: AccountId) -> Result<Option<Account>, AccountsError> {
        Ok(self.storage.call(move |connection| accounts::by_id(connection, id)).await?)
    }

    /// Adds an account, or returns `None` if there is one.
    async fn add_first(
        &self,
        name: AccountName,
        password: Password,
    ) -> Result<Option<Account>, AccountsError> {
        let hash = self.passwords.hash(password).await?;
        let insert = move |connection: &mut _| accounts::insert_first(connection, name, &hash);
        Ok(self.storage.call(insert).await?)
    }
}

#[cfg(test)]
mod tests;
