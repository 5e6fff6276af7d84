//! Administration of accounts. Every change of an account ends all its sessions.

use thiserror::Error;

use super::password_hashing::PasswordsError;
use super::{Accounts, AccountsError};
use crate::domain::account::{AccountId, AccountName, AccountOverview, ChosenBy, Password, Role};
use crate::storage::administration::{self, ChangeOutcome};
use crate::storage::{StorageError, accounts};

/// The reason that an account was not changed.
#[derive(Debug, Error)]
pub(crate) enum AdministrationError {
    /// The account does not exist, or no longer.
    #[error("there is no such account")]
    NoAccount,
    /// Nobody could administer BanGUI after the change.
    #[error("this is the last administrator who may log in")]
    LastAdministrator,
    /// The web server in front decides it.
    #[error("the web server in front logs this account in, and gives it its role")]
    ByProxy,
    /// The database or the password hash failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl From<PasswordsError> for AdministrationError {
    fn from(error: PasswordsError) -> Self {
        Self::Accounts(error.into())
    }
}

impl From<StorageError> for AdministrationError {
    fn from(error: StorageError) -> Self {
        Self::Accounts(error.into())
    }
}

fn done(outcome: ChangeOutcome) -> Result<(), AdministrationError> {
    match outcome {
        ChangeOutcome::Done => Ok(()),
        ChangeOutcome::NoAccount => Err(AdministrationError::NoAccount),
        ChangeOutcome::LastAdministrator => Err(AdministrationError::LastAdministrator),
        ChangeOutcome::ByProxy => Err(AdministrationError::ByProxy),
    }
}

impl Accounts {
    /// Every account, by name.
    pub async fn list(&self) -> Result<Vec<AccountOverview>, AccountsError> {
        Ok(self.storage.call(|connection| administration::all(connection)).await?)
    }

    /// The name of the account with that number.
    pub(crate) async fn name_of(&self, id: AccountId) -> Result<Option<AccountName>, AccountsError> {
        let account = self.storage.read(move |connection| accounts::by_id(connection, id)).await?;
        Ok(account.map(|account| account.name))
    }

    /// Looks the account up by name, in any case.
    pub(crate) async fn by_name(&self, name: &AccountName) -> Result<Option<AccountOverview>, AccountsError> {
        let name = name.clone();
        Ok(self.storage.call(move |connection| administration::by_name(connection, &name)).await?)
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// [`AdministrationError::LastAdministrator`] when nobody else could administer then,
    /// [`AdministrationError::ByProxy`] and [`AdministrationError::NoAccount`].
    pub(crate) async fn set_role(&self, id: AccountId, role: Role) -> Result<(), AdministrationError> {
        let now = self.clock.now();
        let write = move |connection: &mut _| administration::set_role(connection, id, role, now);
        done(self.storage.call(write).await?)
    }

    /// Disables an account, or enables it again. A disabled one cannot log in; its name stays taken.
    ///
    /// # Errors
    /// As [`Accounts::set_role`].
    pub(crate) async fn set_disabled(
        &self,
        id: AccountId,
        disabled: bool,
    ) -> Result<(), AdministrationError> {
        let at = disabled.then(|| self.clock.now());
        let write = move |connection: &mut _| administration::set_disabled(connection, id, at);
        done(self.storage.call(write).await?)
    }

    /// Deletes an account, with its sessions and second factors. Its name can be taken again.
    ///
    /// # Errors
    /// As [`Accounts::set_role`].
    pub(crate) async fn delete(&self, id: AccountId) -> Result<(), AdministrationError> {
        done(self.storage.call(move |connection: &mut _| administration::delete(connection, id)).await?)
    }

    /// Sets another password and removes the second factor with its recovery codes, for somebody who
    /// has lost them. A disabled account stays so.
    ///
    /// # Errors
    /// [`AdministrationError::ByProxy`] and [`AdministrationError::NoAccount`].
    pub(crate) async fn reset(
        &self,
        id: AccountId,
        password: Password,
        chosen_by: ChosenBy,
    ) -> Result<(), AdministrationError> {
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let write = move |connection: &mut _| administration::reset(connection, id, &hash, chosen_by, now);
        done(self.storage.call(write).await?)
    }
}
