//! Queries on the table of accounts.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::domain::account::{Account, AccountId, AccountName};

/// Whether there is no account.
///
/// # Errors
/// When the query fails.
pub fn is_empty(connection: &Connection) -> Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM accounts)", [], |row| row.get(0))
}

/// Adds an account. None when the name is taken, in whatever case.
///
/// # Errors
/// When the query fails.
pub fn insert(connection: &Connection, name: &AccountName, password_hash: &str) -> Result<Option<AccountId>> {
    let sql = "INSERT INTO accounts (name, name_key, password_hash) VALUES (?1, ?2, ?3)
               ON CONFLICT (name_key) DO NOTHING RETURNING id";
    insert_with(connection, sql, name, password_hash)
}

/// Adds an account if there is none yet. None when there is one. A single statement, so that of two
/// attempts at once, even in two processes, one wins.
///
/// # Errors
/// When the query fails.
pub fn insert_first(
    connection: &Connection,
    name: &AccountName,
    password_hash: &str,
) -> Result<Option<AccountId>> {
    let sql = "INSERT INTO accounts (name, name_key, password_hash) SELECT ?1, ?2, ?3
               WHERE NOT EXISTS (SELECT 1 FROM accounts) RETURNING id";
    insert_with(connection, sql, name, password_hash)
}

fn insert_with(
    connection: &Connection,
    sql: &str,
    name: &AccountName,
    password_hash: &str,
) -> Result<Option<AccountId>> {
    let values = params![name.as_str(), name.without_case(), password_hash];
    connection.query_row(sql, values, |row| Ok(AccountId(row.get("id")?))).optional()
}

/// The account of that name, in whatever case, with its password hash.
///
/// # Errors
/// When the query fails.
pub fn by_name(connection: &Connection, name: &AccountName) -> Result<Option<(Account, String)>> {
    let sql = "SELECT id, name, password_hash FROM accounts WHERE name_key = ?1";
    let read = |row: &Row<'_>| Ok((account(row)?, row.get("password_hash")?));
    connection.query_row(sql, [name.without_case()], read).optional()
}

/// The account with that number.
///
/// # Errors
/// When the query fails.
pub fn by_id(connection: &Connection, id: AccountId) -> Result<Option<Account>> {
    connection.query_row("SELECT id, name FROM accounts WHERE id = ?1", [id.0], account).optional()
}

fn account(row: &Row<'_>) -> Result<Account> {
    let id = AccountId(row.get("id")?);
    let name: String = row.get("name")?;
    let name = name
        .parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?;
    Ok(Account { id, name })
}
