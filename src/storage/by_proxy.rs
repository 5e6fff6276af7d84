//! Queries on accounts that the web server in front logs in.

use std::net::IpAddr;

use rusqlite::{Connection, Result, TransactionBehavior, params};

use crate::domain::account::{Account, AccountId, AccountName, Role};
use crate::domain::proxy_login::ProxyIdentity;

use super::{accounts, known_addresses};

/// Result of a login by the web server in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The account, with the role that its groups give.
    Done(Account),
    /// The account is disabled.
    Disabled,
    /// An account with a password has that name.
    LocalAccount,
    /// An account that differs from it in case.
    OtherCase(AccountName),
}

/// Returns true if the web server in front logs the account in.
pub(crate) fn is_so(connection: &Connection, id: AccountId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND by_proxy)";
    connection.query_row(sql, [id], |row| row.get(0))
}

/// Finds the account of `identity`, or adds it with a `password_hash` of nothing, and records its login from `from`.
pub(crate) fn enter(
    connection: &mut Connection,
    identity: &ProxyIdentity,
    password_hash: &str,
    from: IpAddr,
    now: i64,
) -> Result<Entered> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ProxyIdentity { name, role } = identity;
    let sql = "INSERT INTO accounts (name, name_key, password_hash, role, by_proxy)
               VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT (name_key) DO UPDATE SET role = ?4 WHERE by_proxy AND name = ?1";
    transaction.execute(sql, params![name, name.without_case(), password_hash, role])?;
    let sql = "SELECT * FROM accounts WHERE name_key = ?1";
    let entered = transaction.query_row(sql, [name.without_case()], |row| {
        let is_disabled = row.get::<_, Option<i64>>("disabled_at")?.is_some();
        let found = accounts::account(row)?;
        Ok(match (row.get("by_proxy")?, is_disabled) {
            (false, _) => Entered::LocalAccount,
            (true, _) if found.name != *name => Entered::OtherCase(found.name),
            (true, true) => Entered::Disabled,
            (true, false) => Entered::Done(found),
        })
    })?;
    if let Entered::Done(account) = &entered {
        known_addresses::note(&transaction, account.id, from, now)?;
    }
    transaction.commit()?;
    Ok(entered)
}

/// Gives the account the role that its groups give now. Its sessions go on with it.
pub(crate) fn set_role(connection: &Connection, id: AccountId, role: Role) -> Result<()> {
    connection
        .execute("UPDATE accounts SET role = ?2 WHERE id = ?1 AND by_proxy", params![id, role])
        .map(drop)
}
