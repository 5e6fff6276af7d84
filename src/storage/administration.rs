//! Queries of administrators on accounts. Each change is one transaction with the end of the
//! account's sessions.

use rusqlite::{Connection, OptionalExtension, Result, Row, TransactionBehavior, params};

use crate::domain::account::{AccountId, AccountName, AccountOverview, ChosenBy, LoginBy, Role};
use crate::domain::notice::NoticeKind;

use super::columns::Seconds;
use super::{accounts, by_proxy, notices, passkeys, second_factor, sessions};

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeOutcome {
    /// The change was made.
    Done,
    /// There is no such account.
    NoAccount,
    /// Nothing was changed, because nobody else could administer BanGUI then.
    LastAdministrator,
    /// Nothing was changed, because the web server in front decides it.
    ByProxy,
}

fn overview_query(rest: &str) -> String {
    format!(
        "SELECT *, (SELECT count(*) FROM passkeys WHERE account_id = accounts.id) AS passkeys,
             (SELECT max(last_login_at) FROM known_addresses WHERE account_id = accounts.id) AS last_login_at
         FROM accounts {rest}"
    )
}

/// Every account, by name.
pub fn all(connection: &Connection) -> Result<Vec<AccountOverview>> {
    connection.prepare(&overview_query("ORDER BY name_key"))?.query_map([], overview)?.collect()
}

/// Looks an account up by its name, in any case.
pub(crate) fn by_name(connection: &Connection, name: &AccountName) -> Result<Option<AccountOverview>> {
    let sql = overview_query("WHERE name_key = ?1");
    connection.query_row(&sql, [name.without_case()], overview).optional()
}

fn overview(row: &Row<'_>) -> Result<AccountOverview> {
    Ok(AccountOverview {
        account: accounts::account(row)?,
        disabled: row.get::<_, Option<i64>>("disabled_at")?.is_some(),
        has_app: row.get::<_, Option<Vec<u8>>>("totp_secret")?.is_some(),
        passkeys: row.get("passkeys")?,
        must_change: row.get("must_change")?,
        login_by: LoginBy::of_column(row.get("by_proxy")?),
        last_login: row.get::<_, Option<Seconds>>("last_login_at")?.map(|login| login.0),
        created: row.get::<_, Seconds>("created_at")?.0,
    })
}

/// Sets the role, and tells the account.
pub(crate) fn set_role(
    connection: &mut Connection,
    id: AccountId,
    role: Role,
    now: i64,
) -> Result<ChangeOutcome> {
    if by_proxy::is_so(connection, id)? {
        return Ok(ChangeOutcome::ByProxy);
    }
    write(connection, id, role != Role::Administrator, |connection| {
        let kind = NoticeKind::RoleChanged;
        notices::insert_if_any(connection, id, kind, role.as_ref(), now)?;
        connection.execute("UPDATE accounts SET role = ?2 WHERE id = ?1", params![id, role])
    })
}

/// Disables the account from the moment `at`, or enables it.
pub(crate) fn set_disabled(
    connection: &mut Connection,
    id: AccountId,
    at: Option<i64>,
) -> Result<ChangeOutcome> {
    write(connection, id, at.is_some(), |connection| {
        connection.execute("UPDATE accounts SET disabled_at = ?2 WHERE id = ?1", params![id, at])
    })
}

/// Removes the account with all that belongs to it. The audit keeps its name.
pub(crate) fn delete(connection: &mut Connection, id: AccountId) -> Result<ChangeOutcome> {
    write(connection, id, true, |connection| connection.execute("DELETE FROM accounts WHERE id = ?1", [id]))
}

/// Sets the password, removes every second factor, and tells the account.
pub(crate) fn reset(
    connection: &mut Connection,
    id: AccountId,
    password_hash: &str,
    chosen_by: ChosenBy,
    now: i64,
) -> Result<ChangeOutcome> {
    if by_proxy::is_so(connection, id)? {
        return Ok(ChangeOutcome::ByProxy);
    }
    write(connection, id, false, |connection| {
        passkeys::remove_all(connection, id)?;
        second_factor::remove(connection, id)?;
        notices::insert_if_any(connection, id, NoticeKind::Reset, "", now)?;
        let sql = "UPDATE accounts SET password_hash = ?2, must_change = ?3 WHERE id = ?1";
        connection.execute(sql, params![id, password_hash, chosen_by == ChosenBy::Another])
    })
}

/// Changes one account and ends its sessions. The last administrator who may log in stays one, whatever the web server in
/// front says of others: it may be gone tomorrow. The
/// transaction holds the write lock from its beginning, so that of two who demote each other one is refused.
fn write(
    connection: &mut Connection,
    id: AccountId,
    takes_away: bool,
    update: impl FnOnce(&Connection) -> Result<usize>,
) -> Result<ChangeOutcome> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if takes_away && is_last_administrator(&transaction, id)? {
        return Ok(ChangeOutcome::LastAdministrator);
    }
    if update(&transaction)? == 0 {
        return Ok(ChangeOutcome::NoAccount);
    }
    sessions::delete_all(&transaction, id, None)?;
    transaction.commit()?;
    Ok(ChangeOutcome::Done)
}

fn is_last_administrator(connection: &Connection, id: AccountId) -> Result<bool> {
    let sql = "SELECT count(*) = 1 AND max(id) = ?1 FROM accounts
               WHERE role = 'administrator' AND disabled_at IS NULL AND NOT by_proxy";
    connection.query_row(sql, [id], |row| row.get::<_, Option<bool>>(0)).map(|last| last == Some(true))
}
