//! Queries on the table of sessions. They see the hash of a session key, never the key.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, Row, named_params, params};
use serde::{Deserialize, Serialize};

use crate::domain::account::{Account, AccountId, LoginBy, Role};
use crate::domain::clock::AHEAD_AT_MOST;
use crate::domain::session::{Device, OwnSession, SessionLimits, SessionNumber};

use super::accounts;
use super::columns::{Seconds, Text};
use super::file::BUSY_TIMEOUT;
use super::second_factor::IS_ON;
use super::settings::SELECT_SECOND_FACTOR_FROM;

/// SHA-256 of a session key.
pub(crate) type KeyHash = [u8; 32];

/// A session as it is stored.
pub(crate) struct SessionRow {
    pub number: SessionNumber,
    /// The account that is logged in.
    pub account: AccountId,
    /// The time of the login.
    pub(crate) began: i64,
    /// True if the device is remembered.
    pub(crate) remembered: bool,
    /// The state as a JSON object.
    pub state: String,
}

/// The limits, and the time at which they are applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alive {
    /// Seconds since 1970.
    pub now: i64,
    /// The limits.
    pub limits: SessionLimits,
}

/// The rows of sessions that are alive. The limits are applied here and not when a session is made, so that
/// another configuration holds for all sessions at once. One that was used later than now ends: the clock was set
/// back, and its limits would last longer by as much.
const ALIVE: &str = "max(used_at, began_at) <= :now + :ahead AND CASE
    WHEN remembered THEN used_at > :now - :remembered_idle AND began_at > :now - :remembered
    ELSE used_at > :now - :idle AND began_at > :now - :absolute END";

macro_rules! alive {
    ($alive:expr $(, $name:literal: $value:expr)*) => {
        named_params! {
            ":now": $alive.now,
            ":ahead": AHEAD_AT_MOST,
            ":remembered": seconds($alive.limits.remembered),
            ":remembered_idle": seconds($alive.limits.remembered_idle),
            ":idle": seconds($alive.limits.idle),
            ":absolute": seconds($alive.limits.absolute),
            $($name: $value,)*
        }
    };
}

fn seconds(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// A session that is alive, and its login.
#[derive(Debug)]
pub(crate) struct StoredSession {
    /// The state as a JSON object.
    pub state: String,
    /// The login. `None` before it, and if the account is disabled.
    pub login: Option<Login>,
}

/// The login of a session, and its last use.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    /// The account.
    pub account: Account,
    /// The session's number.
    pub number: SessionNumber,
    /// The time of the last use, in seconds since 1970.
    pub used: i64,
    /// The address of the last use, as stored.
    pub address: Option<String>,
    /// The user agent of the last use.
    pub agent: Option<String>,
    /// True if somebody else chose the password.
    pub must_change: bool,
    /// Whoever logs the account in.
    pub by: LoginBy,
    /// True if a login asks for more than the password.
    pub has_second_factor: bool,
    /// The least role that has to have a second factor, as administrators have set it.
    pub second_factor_from: Option<Role>,
    /// True if there are notices that this session is told.
    pub has_notices: bool,
}

/// Finds a live session by its key, with all that a request needs of it: no request asks twice.
pub fn find(connection: &Connection, key: &KeyHash, alive: Alive) -> Result<Option<StoredSession>> {
    let sql = format!(
        "SELECT state, number, used_at, address, agent, accounts.id, name, role, must_change, by_proxy,
             {IS_ON} AS has_second_factor, {SELECT_SECOND_FACTOR_FROM} AS second_factor_from,
             EXISTS (SELECT 1 FROM notices WHERE account_id = accounts.id AND session IS NOT number) AS has_notices
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
        must_change: row.get("must_change")?,
        by: LoginBy::of_column(row.get("by_proxy")?),
        has_second_factor: row.get("has_second_factor")?,
        second_factor_from: row.get("second_factor_from")?,
        has_notices: row.get("has_notices")?,
    })
}

/// Number of sessions that an account may have.
pub(crate) const MOST_OF_ACCOUNT: u32 = 50;

/// Adds a session, and ends the longest unused ones of its account beyond [`MOST_OF_ACCOUNT`]. Fails if its account
/// no longer exists.
pub fn insert(connection: &mut Connection, key: &KeyHash, session: &SessionRow, now: i64) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO sessions (key_hash, number, account_id, state, began_at, used_at, remembered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![key, session.number, session.account, session.state, session.began, now, session.remembered],
    )?;
    transaction.execute(
        "DELETE FROM sessions WHERE account_id = ?1 AND rowid NOT IN (
             SELECT rowid FROM sessions WHERE account_id = ?1
             ORDER BY key_hash = ?2 DESC, used_at DESC, rowid DESC LIMIT ?3)",
        params![session.account, key, MOST_OF_ACCOUNT],
    )?;
    transaction.commit()
}

/// Replaces the state of a session. Returns false if it has ended; it is not brought back. Its account never
/// changes: a login makes a new session.
pub(crate) fn update(connection: &Connection, key: &KeyHash, state: &str, alive: Alive) -> Result<bool> {
    let sql = format!("UPDATE sessions SET state = :state WHERE key_hash = :key AND {ALIVE}");
    Ok(connection.execute(&sql, alive!(alive, ":key": key, ":state": state))? == 1)
}

/// Records that a session is used, unless it has ended. Does not wait for another program that writes: a
/// page that is only viewed must not.
pub(crate) fn mark_used(
    connection: &Connection,
    number: SessionNumber,
    device: &Device,
    is_use: bool,
    alive: Alive,
) -> Result<()> {
    let sql = format!(
        "UPDATE sessions SET used_at = iif(:is_use, :now, used_at), address = :address, agent = :agent
         WHERE number = :number AND {ALIVE}"
    );
    let address = device.address.map(Text);
    let values =
        alive!(alive, ":number": number, ":address": address, ":agent": device.agent, ":is_use": is_use);
    connection.busy_timeout(Duration::ZERO)?;
    let marked = connection.prepare_cached(&sql).and_then(|mut query| query.execute(values));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    marked.map(drop)
}

/// Reads the sessions of an account that are alive, the last used first.
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
pub(crate) fn delete(connection: &Connection, key: &KeyHash) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE key_hash = ?1", [key])?;
    Ok(())
}

/// Ends one session of an account. Returns false if it has no such session.
pub(crate) fn delete_of(connection: &Connection, account: AccountId, number: SessionNumber) -> Result<bool> {
    let sql = "DELETE FROM sessions WHERE account_id = ?1 AND number = ?2";
    Ok(connection.execute(sql, params![account, number])? == 1)
}

/// Returns true if the account has a session with that number.
pub(crate) fn has(connection: &Connection, account: AccountId, number: SessionNumber) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sessions WHERE account_id = ?1 AND number = ?2)";
    connection.query_row(sql, params![account, number], |row| row.get(0))
}

/// Ends the sessions of an account except `stays`. Returns how many ended.
pub(crate) fn delete_all(
    connection: &Connection,
    account: AccountId,
    but: Option<SessionNumber>,
) -> Result<usize> {
    let sql = "DELETE FROM sessions WHERE account_id = ?1 AND number IS NOT ?2";
    connection.execute(sql, params![account, but])
}

/// Removes the sessions that have ended. Returns how many.
pub(crate) fn delete_expired(connection: &Connection, alive: Alive) -> Result<usize> {
    connection.execute(&format!("DELETE FROM sessions WHERE NOT ({ALIVE})"), alive!(alive))
}
