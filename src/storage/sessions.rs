//! Queries on the table of sessions. They see the hash of a session key, never the key.

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::domain::account::AccountId;

/// SHA-256 of a session key.
pub type KeyHash = [u8; 32];

/// What a session holds.
pub struct SessionRow {
    /// Who is logged in, if anybody.
    pub account: Option<AccountId>,
    /// The state as a JSON object.
    pub state: String,
}

/// How long a session without an account lives after it was last used, in seconds. It carries the
/// token of the login form and nothing else.
pub const ANONYMOUS_SECONDS: i64 = 15 * 60;

/// How many sessions without an account are kept. Anybody can make one by asking for the login
/// page, so without a limit anybody could fill the disk.
pub const ANONYMOUS_LIMIT: u32 = 10_000;

/// The state of a session that has not expired.
///
/// # Errors
/// When the query fails.
pub fn state(connection: &Connection, key: &KeyHash) -> Result<Option<String>> {
    let sql = "SELECT state FROM sessions WHERE key_hash = ?1 AND expires_at > unixepoch()";
    connection.query_row(sql, [key], |row| row.get(0)).optional()
}

/// Adds a session that lives `seconds`, and drops the oldest anonymous ones beyond
/// [`ANONYMOUS_LIMIT`].
///
/// # Errors
/// When the query fails, or there is no such account (any more).
pub fn insert(connection: &mut Connection, key: &KeyHash, session: &SessionRow, seconds: i64) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO sessions (key_hash, account_id, state, expires_at)
         VALUES (?1, ?2, ?3, unixepoch() + iif(?2 IS NULL, min(?4, ?5), ?4))",
        params![key, session.account.map(|id| id.0), session.state, seconds, ANONYMOUS_SECONDS],
    )?;
    if session.account.is_none() {
        transaction.execute(
            "DELETE FROM sessions WHERE rowid IN (
                 SELECT rowid FROM sessions WHERE account_id IS NULL
                 ORDER BY rowid DESC LIMIT -1 OFFSET ?1)",
            [ANONYMOUS_LIMIT],
        )?;
    }
    transaction.commit()
}

/// Replaces the state of a session, which lives `seconds` from now. False when the session is gone
/// or has expired; it is not brought back.
///
/// # Errors
/// When the query fails, or there is no such account (any more).
pub fn update(connection: &Connection, key: &KeyHash, session: &SessionRow, seconds: i64) -> Result<bool> {
    let changed = connection.execute(
        "UPDATE sessions SET account_id = ?2, state = ?3,
             expires_at = unixepoch() + iif(?2 IS NULL, min(?4, ?5), ?4)
         WHERE key_hash = ?1 AND expires_at > unixepoch()",
        params![key, session.account.map(|id| id.0), session.state, seconds, ANONYMOUS_SECONDS],
    )?;
    Ok(changed == 1)
}

/// Lets a session live `seconds` from now. One that is gone or has expired stays so.
///
/// # Errors
/// When the query fails.
pub fn extend(connection: &Connection, key: &KeyHash, seconds: i64) -> Result<()> {
    connection.execute(
        "UPDATE sessions
         SET expires_at = unixepoch() + iif(account_id IS NULL, min(?2, ?3), ?2)
         WHERE key_hash = ?1 AND expires_at > unixepoch()",
        params![key, seconds, ANONYMOUS_SECONDS],
    )?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the query fails.
pub fn delete(connection: &Connection, key: &KeyHash) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE key_hash = ?1", [key])?;
    Ok(())
}

/// Removes what has expired. Returns how many sessions that were.
///
/// # Errors
/// When the query fails.
pub fn delete_expired(connection: &Connection) -> Result<usize> {
    connection.execute("DELETE FROM sessions WHERE expires_at <= unixepoch()", [])
}
