//! Queries on the tables of notices and of known devices.

use rusqlite::{Connection, Result, Row, params};

use crate::domain::account::AccountId;
use crate::domain::notice::{Notice, NoticeId, NoticeKind, Source};
use crate::domain::session::SessionNumber;

use super::columns::{Seconds, Text};

/// Number of notices kept of an account.
const MOST_NOTICES: u32 = 20;
/// Number of devices kept of an account.
const MOST_DEVICES: u32 = 50;

/// Whoever caused a notice, and from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    /// The session that is not told. `None` if each of the account's is.
    pub(crate) session: Option<SessionNumber>,
    /// Origin of the change. `None` if an administrator did it.
    pub(crate) source: Option<Source>,
}

/// Adds a notice, and drops the oldest beyond [`MOST_NOTICES`].
pub(crate) fn insert(
    connection: &Connection,
    account: AccountId,
    kind: NoticeKind,
    detail: &str,
    cause: &Cause,
    now: i64,
) -> Result<()> {
    let address = cause.source.as_ref().map(|source| Text(source.address));
    let browser = cause.source.as_ref().map(|source| source.browser.as_str());
    connection.execute(
        "INSERT INTO notices (account_id, at, kind, detail, session, address, browser)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![account, now, kind, detail, cause.session, address, browser],
    )?;
    connection.execute(
        "DELETE FROM notices WHERE account_id = ?1 AND id NOT IN (
             SELECT id FROM notices WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2)",
        params![account, MOST_NOTICES],
    )?;
    Ok(())
}

/// Adds a notice of what an administrator did, if there is such an account.
pub(crate) fn insert_if_any(
    connection: &Connection,
    account: AccountId,
    kind: NoticeKind,
    detail: &str,
    now: i64,
) -> Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1)";
    if connection.query_row(sql, [account], |row| row.get(0))? {
        insert(connection, account, kind, detail, &Cause::default(), now)?;
    }
    Ok(())
}

/// Reads the notices that `session` of the account is told, the newest first.
pub(crate) fn of_session(
    connection: &Connection,
    account: AccountId,
    session: SessionNumber,
) -> Result<Vec<Notice>> {
    let sql = "SELECT * FROM notices WHERE account_id = ?1 AND session IS NOT ?2 ORDER BY id DESC";
    connection.prepare_cached(sql)?.query_map(params![account, session], notice)?.collect()
}

/// Reads the devices that notices since `since` are about.
pub(crate) fn devices_since(connection: &Connection, account: AccountId, since: i64) -> Result<Vec<Source>> {
    let sql = "SELECT address, browser FROM notices WHERE account_id = ?1 AND at > ?2 AND kind IN (?3, ?4)
               AND address IS NOT NULL AND browser IS NOT NULL";
    let values = params![account, since, NoticeKind::NewDevice, NoticeKind::OtherBrowser];
    let source = |row: &Row<'_>| {
        Ok(Source { address: row.get::<_, Text<_>>("address")?.0, browser: row.get("browser")? })
    };
    connection.prepare(sql)?.query_map(values, source)?.collect()
}

fn notice(row: &Row<'_>) -> Result<Notice> {
    Ok(Notice {
        id: row.get("id")?,
        at: row.get::<_, Seconds>("at")?.0,
        kind: row.get("kind")?,
        detail: row.get("detail")?,
        address: row.get::<_, Option<Text<_>>>("address")?.map(|address| address.0),
        browser: row.get("browser")?,
    })
}

/// Records that the session `old` goes on as `new`, so that what it did itself is still not told to it.
pub(crate) fn renumber(
    connection: &Connection,
    account: AccountId,
    old: SessionNumber,
    new: SessionNumber,
) -> Result<usize> {
    let sql = "UPDATE notices SET session = ?3 WHERE account_id = ?1 AND session = ?2";
    connection.execute(sql, params![account, old, new])
}

/// Removes what `session` was told up to `last`. What it was not told stays for the others.
pub(crate) fn dismiss(
    connection: &Connection,
    account: AccountId,
    session: SessionNumber,
    last: NoticeId,
) -> Result<usize> {
    let sql = "DELETE FROM notices WHERE account_id = ?1 AND session IS NOT ?2 AND id <= ?3";
    connection.execute(sql, params![account, session, last])
}

/// Records that the account is used from `source`. Returns true if that is a new device: one that was not
/// known since `since`, of an account that has others.
pub(crate) fn note_device(
    connection: &Connection,
    account: AccountId,
    source: &Source,
    since: i64,
    now: i64,
) -> Result<bool> {
    let sql = "SELECT count(*) > 0 AND NOT coalesce(max(address = ?2 AND browser = ?3), 0) FROM known_devices
               WHERE account_id = ?1 AND last_login_at >= ?4";
    let is_new =
        connection.query_row(sql, params![account, Text(source.address), source.browser, since], |row| {
            row.get(0)
        })?;
    connection.execute(
        "INSERT INTO known_devices (account_id, address, browser, last_login_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, address, browser) DO UPDATE SET last_login_at = ?4",
        params![account, Text(source.address), source.browser, now],
    )?;
    connection.execute(
        "DELETE FROM known_devices WHERE account_id = ?1 AND (address, browser) NOT IN (
             SELECT address, browser FROM known_devices WHERE account_id = ?1
             ORDER BY last_login_at DESC LIMIT ?2)",
        params![account, MOST_DEVICES],
    )?;
    Ok(is_new)
}
