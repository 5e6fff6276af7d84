//! The first account, made in the browser by whoever can read what the program printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use super::code::Code;
use super::{Accounts, AccountsError};
use crate::domain::account::{Account, AccountName, Password};

/// A one-time code of 140 random bits, printed at the start.
pub(crate) type SetupCode = Code<28>;

/// The reason that the first account was not created.
#[derive(Debug, Error)]
pub(crate) enum SetupError {
    /// The code is not the one that was printed.
    #[error("this is not the code that the program printed when it started")]
    WrongCode,
    /// There is an account: its owner adds the others.
    #[error("there is an account already")]
    AlreadyDone,
    /// The database or the password hash failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

/// The permission to create the first account, once. Clones share it.
#[derive(Clone)]
pub(crate) struct Setup {
    accounts: Accounts,
    code: SetupCode,
    used: Arc<AtomicBool>,
}

impl Setup {
    /// Makes a new code. `None` if there is an account.
    pub async fn begin(accounts: &Accounts) -> Result<Option<Self>, AccountsError> {
        let setup = || Self {
            accounts: accounts.clone(),
            code: SetupCode::generate(),
            used: Arc::new(AtomicBool::new(false)),
        };
        Ok(accounts.is_empty().await?.then(setup))
    }

    /// The code to print.
    #[must_use]
    pub fn code(&self) -> &SetupCode {
        &self.code
    }

    /// Returns true if this is the code that was printed.
    pub(crate) fn is_code(&self, code: &str) -> bool {
        self.code.is(code)
    }

    /// Creates the first account. Of several attempts at once one succeeds.
    ///
    /// # Errors
    /// [`SetupError::WrongCode`], and [`SetupError::AlreadyDone`] if there is an account or this code has
    /// created one.
    pub(crate) async fn create_first_account(
        &self,
        code: &str,
        name: AccountName,
        password: Password,
    ) -> Result<Account, SetupError> {
        if !self.is_code(code) {
            return Err(SetupError::WrongCode);
        }
        if self.used.load(Ordering::SeqCst) {
            return Err(SetupError::AlreadyDone);
        }
        let account = self.accounts.add_first(name, password).await?.ok_or(SetupError::AlreadyDone)?;
        // For the case that the account is removed again while the program runs.
        self.used.store(true, Ordering::SeqCst);
        Ok(account)
    }
}
