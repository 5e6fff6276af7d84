//! Roles that have to have a second factor.

use crate::domain::account::Role;
use crate::storage::{StorageError, settings};

use super::Accounts;

impl Accounts {
    /// Returns the least role that has to have a second factor, as administrators have set it.
    pub(crate) async fn second_factor_from(&self) -> Result<Option<Role>, StorageError> {
        self.storage.call(|connection| settings::second_factor_from(connection)).await
    }

    /// Sets it; with `None` nobody has to.
    pub(crate) async fn set_second_factor_from(&self, least: Option<Role>) -> Result<(), StorageError> {
        self.storage.call(move |connection| settings::set_second_factor_from(connection, least)).await
    }
}
