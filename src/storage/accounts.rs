//! Queries on the table of accounts.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::domain::account::{Account, AccountId, AccountName, ChosenBy, Role};

/// Returns true if there is no account with a password. Those that the web server in front logs in make no setup needless:
/// nobody could log in without it.
pub fn is_empty(connection: &Connection) -> Result<bool> {
    connection
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM accounts WHERE NOT by_proxy)", [], |row| row.get(0))
}

/// Adds an account. Returns `None` if the name is taken, in any case.
pub fn insert(
    connection: &Connection,
    name: &AccountName,
    password_hash: &str,
    role: Role,
    chosen_by: ChosenBy,
) -> Result<Option<AccountId>> {
    let sql = "INSERT INTO accounts (name, name_key, password_hash, role, must_change)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name_key) DO NOTHING";
    insert_with(connection, sql, name, password_hash, role, chosen_by)
}

/// Adds an administrator, or returns `None` if there is an account with a password, or any of that name. A single statement, so that one of two
/// attempts at once wins, even in two processes.
pub(crate) fn insert_first(
    connection: &Connection,
    name: AccountName,
    password_hash: &str,
) -> Result<Option<Account>> {
    let sql =
        "INSERT INTO accounts (name, name_key, password_hash, role, must_change) SELECT ?1, ?2, ?3, ?4, ?5
               WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE NOT by_proxy) ON CONFLICT (name_key) DO NOTHING";
    let role = Role::Administrator;
    let id = insert_with(connection, sql, &name, password_hash, role, ChosenBy::Owner)?;
    Ok(id.map(|id| Account { id, name, role }))
}

fn insert_with(
    connection: &Connection,
    sql: &str,
    name: &AccountName,
    password_hash: &str,
    role: Role,
    chosen_by: ChosenBy,
) -> Result<Option<AccountId>> {
    let must_change = chosen_by == ChosenBy::Another;
    let values = params![name, name.without_case(), password_hash, role, must_change];
    // Not with RETURNING: a row read that way does not tell that the commit after it failed.
    let added = connection.execute(sql, values)? == 1;
    Ok(added.then(|| AccountId(connection.last_insert_rowid())))
}

/// Looks an account up by its number.
pub(crate) fn by_id(connection: &Connection, id: AccountId) -> Result<Option<Account>> {
    connection.query_row("SELECT * FROM accounts WHERE id = ?1", [id], account).optional()
}

/// Reads a row of the table.
pub(crate) fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account { id: row.get("id")?, name: row.get("name")?, role: row.get("role")? })
}
