//! Queries on the table of sessions. They see the hash of a session key, never the key.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, Row, named_params, params};
use serde::{Deserialize, Serialize};

use crate::domain::account::{Account, AccountId};
use crate::domain::session::{Device, OwnSession, SessionLimits, SessionNumber};

use super::accounts;
use super::columns::{Seconds, Text};
use super::open::BUSY_TIMEOUT;

/// SHA-256 of a session key.
pub(crate) type KeyHash = [u8; 32];

/// What a session holds.
pub(crate) struct SessionRow {
    /// Its number.
    pub number: SessionNumber,
    /// Who is logged in, if anybody.
    pub account: Option<AccountId>,
    /// When the login was; without an account, when the session began.
    pub(crate) began: i64,
    /// Whether the device is remembered.
    pub(crate) remembered: bool,
    /// The state as a JSON object.
    pub state: String,
}

/// How long a session without an account lives after its state was last changed, in seconds. It
/// carries the token of the login form and nothing else.
pub(crate) const ANONYMOUS_SECONDS: i64 = 15 * 60;

/// How many sessions without an account are kept. Anybody can make one by asking for the login
/// page, so without a limit anybody could fill the disk.
pub(crate) const ANONYMOUS_LIMIT: u32 = 10_000;

/// The limits, and the moment that they are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alive {
    /// Seconds since 1970.
    pub now: i64,
    /// The limits.
    pub limits: SessionLimits,
}

/// Which rows live. The limits are looked at here and not when the session is made, so that another
/// configuration holds for all sessions at once.
const ALIVE: &str = "CASE
    WHEN account_id IS NULL THEN used_at > :now - :anonymous
    WHEN remembered THEN began_at > :now - :remembered
    ELSE used_at > :now - :idle AND began_at > :now - :absolute END";

macro_rules! alive {
    ($alive:expr $(, $name:literal: $value:expr)*) => {
        named_params! {
            ":now": $alive.now,
            ":anonymous": ANONYMOUS_SECONDS,
            ":remembered": seconds($alive.limits.remembered),
            ":idle": seconds($alive.limits.idle),
            ":absolute": seconds($alive.limits.absolute),
            $($name: $value,)*
        }
    };
}

fn seconds(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// What one look finds out about a session that lives.
#[derive(Debug)]
pub(crate) struct StoredSession {
    /// What it holds.
    pub state: String,
    /// Who is logged in by it. `None` before the login, and where the account is disabled.
    pub login: Option<Login>,
}

/// Who is logged in by a session, and when and from where it was last used.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Who.
    pub account: Account,
    /// The session's number.
    pub number: SessionNumber,
    /// In seconds since 1970.
    pub used: i64,
    /// From where, as it is written down.
    pub address: Option<String>,
    /// With what.
    pub agent: Option<String>,
}

/// The session with that key, if it lives. Everything that a request needs to know of it: no request
/// asks twice.
///
/// # Errors
/// When the query fails or a row does not read.
pub fn find(connection: &Connection, key: &KeyHash, alive: Alive) -> Result<Option<StoredSession>> {
    let sql = format!(
        "SELECT state, number, used_at, address, agent, accounts.id, name, role
         FROM sessions LEFT JOIN accounts ON accounts.id = account_id AND disabled_at IS NULL
         WHERE key_hash = :key AND {ALIVE}"
    );
    let mut query = connection.prepare_cached(&sql)?;
    query.query_row(alive!(alive, ":key": key), found).optional()
}

fn found(row: &Row<'_>) -> Result<StoredSession> {
    let is_logged_in = row.get::<_, Option<i64>>("id")?.is_some();
    let login = is_logged_in.then(|| login(row)).transpose()?;
    Ok(StoredSession { state: row.get("state")?, login })
}

fn login(row: &Row<'_>) -> Result<Login> {
    Ok(Login {
        account: accounts::account(row)?,
        number: row.get("number")?,
        used: row.get("used_at")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
    })
}

/// Adds a session, and drops the oldest anonymous ones beyond [`ANONYMOUS_LIMIT`].
///
/// # Errors
/// When the query fails, or there is no such account (any more).
pub fn insert(connection: &mut Connection, key: &KeyHash, session: &SessionRow, now: i64) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO sessions (key_hash, number, account_id, state, began_at, used_at, remembered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![key, session.number, session.account, session.state, session.began, now, session.remembered],
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

/// Replaces the state of a session that lives. False when it does not; it is not brought back. Whose
/// session it is never changes: a login makes a new one.
///
/// # Errors
/// When the query fails.
pub(crate) fn update(connection: &Connection, key: &KeyHash, state: &str, alive: Alive) -> Result<bool> {
    let sql = format!(
        "UPDATE sessions SET state = :state, used_at = iif(account_id IS NULL, :now, used_at)
         WHERE key_hash = :key AND {ALIVE}"
    );
    Ok(connection.execute(&sql, alive!(alive, ":key": key, ":state": state))? == 1)
}

/// Writes that a session is used. One that has ended stays so. Does not wait for another program that
/// writes: a page that is only looked at must not.
///
/// # Errors
/// When the query fails.
pub(crate) fn mark_used(
    connection: &Connection,
    number: SessionNumber,
    device: &Device,
    alive: Alive,
) -> Result<()> {
    let sql = format!(
        "UPDATE sessions SET used_at = :now, address = :address, agent = :agent
         WHERE number = :number AND {ALIVE}"
    );
    let address = device.address.map(Text);
    let values = alive!(alive, ":number": number, ":address": address, ":agent": device.agent);
    connection.busy_timeout(Duration::ZERO)?;
    let marked = connection.prepare_cached(&sql).and_then(|mut query| query.execute(values));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    marked.map(drop)
}

/// The sessions of an account that live, the last used first.
///
/// # Errors
/// When the query fails or a row does not read.
pub(crate) fn of_account(
    connection: &Connection,
    account: AccountId,
    alive: Alive,
) -> Result<Vec<OwnSession>> {
    let sql =
        format!("SELECT * FROM sessions WHERE account_id = :id AND {ALIVE} ORDER BY used_at DESC, number");
    connection.prepare(&sql)?.query_map(alive!(alive, ":id": account), own)?.collect()
}

fn own(row: &Row<'_>) -> Result<OwnSession> {
    Ok(OwnSession {
        number: row.get("number")?,
        began: row.get::<_, Seconds>("began_at")?.0,
        used: row.get::<_, Seconds>("used_at")?.0,
        remembered: row.get("remembered")?,
        device: Device {
            address: row.get::<_, Option<Text<_>>>("address")?.map(|address| address.0),
            agent: row.get("agent")?,
        },
    })
}

/// Ends a session.
///
/// # Errors
/// When the query fails.
pub(crate) fn delete(connection: &Connection, key: &KeyHash) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE key_hash = ?1", [key])?;
    Ok(())
}

/// Ends one session of an account. False when it has no such session.
///
/// # Errors
/// When the query fails.
pub(crate) fn delete_of(connection: &Connection, account: AccountId, number: SessionNumber) -> Result<bool> {
    let sql = "DELETE FROM sessions WHERE account_id = ?1 AND number = ?2";
    Ok(connection.execute(sql, params![account, number])? == 1)
}

/// Ends the sessions of an account, but for one that stays where one is named. Returns how many ended.
///
/// # Errors
/// When the query fails.
pub(crate) fn delete_all(
    connection: &Connection,
    account: AccountId,
    but: Option<SessionNumber>,
) -> Result<usize> {
    let sql = "DELETE FROM sessions WHERE account_id = ?1 AND number IS NOT ?2";
    connection.execute(sql, params![account, but])
}

/// Removes what has ended. Returns how many sessions that were.
///
/// # Errors
/// When the query fails.
pub(crate) fn delete_expired(connection: &Connection, alive: Alive) -> Result<usize> {
    connection.execute(&format!("DELETE FROM sessions WHERE NOT ({ALIVE})"), alive!(alive))
}
