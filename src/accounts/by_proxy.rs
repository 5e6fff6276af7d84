//! Accounts that the web server in front logs in. They have no password here, and their groups there give the role.

use std::net::IpAddr;

use crate::domain::account::{Account, AccountId, Role};
use crate::domain::proxy_login::{ProxyIdentity, ProxyRefusal};
use crate::storage::by_proxy::{self, Entered};

use super::{Accounts, AccountsError};

impl Accounts {
    /// Logs in whom the web server in front names. An account with a password is nobody's who has not got that, whatever
    /// name the web server writes: two directories of people need not mean the same person by a name.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn enter_by_proxy(
        &self,
        identity: ProxyIdentity,
        from: IpAddr,
    ) -> Result<Result<Account, ProxyRefusal>, AccountsError> {
        let nothing = self.passwords.hash_of_nothing()?;
        let (name, now) = (identity.name.clone(), self.clock.now());
        let enter = move |connection: &mut _| by_proxy::enter(connection, &identity, &nothing, from, now);
        Ok(match self.storage.call(enter).await? {
            Entered::Done(account) => Ok(account),
            Entered::Disabled => Err(ProxyRefusal::Disabled(name)),
            Entered::OtherCase(known) => Err(ProxyRefusal::OtherCase { sent: name, known }),
            Entered::LocalAccount => Err(ProxyRefusal::LocalAccount(name)),
        })
    }

    /// Gives such an account the role that its groups give now.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn follow_groups(&self, id: AccountId, role: Role) -> Result<(), AccountsError> {
        Ok(self.storage.call(move |connection| by_proxy::set_role(connection, id, role)).await?)
    }
}
