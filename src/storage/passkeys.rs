//! Queries on the table of passkeys.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Result, Row, TransactionBehavior, named_params, params};

use crate::domain::account::AccountId;
use crate::domain::notice::NoticeKind;
use crate::domain::passkey::{OwnPasskey, PasskeyId, PasskeyName};
use crate::domain::session::SessionNumber;

use super::columns::Seconds;
use super::logins::{Credentials, is_unchanged};
use super::notices::Cause;
use super::second_factor::{self, RecoveryHash};
use super::{known_addresses, notices, sessions};

/// The handle of an account: what authenticators know it by.
pub(crate) type Handle = [u8; 64];

/// State of a passkey that WebAuthn keeps between its uses. Its first byte is 1 if it verifies its user.
pub(crate) type State = [u8; 7];

/// The number of passkeys of one account.
pub(crate) const MOST: usize = 20;

/// A passkey to be stored.
pub(crate) struct NewPasskey {
    pub(crate) host: String,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) name: PasskeyName,
    pub(crate) public_key: Vec<u8>,
    pub(crate) state: State,
    pub(crate) transports: u8,
}

/// Outcome of storing a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is stored.
    Done,
    /// The account has changed since it was read, or is disabled, or the session has ended.
    Changed,
    /// It is stored already, or the account has [`MOST`].
    NoRoom,
}

/// Data for checking an answer of a passkey.
#[derive(Debug, Clone)]
pub(crate) struct StoredPasskey {
    pub id: PasskeyId,
    pub account: AccountId,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) state: State,
    pub(crate) handle: Handle,
}

impl StoredPasskey {
    /// Returns true if it has verified its user before.
    pub(crate) fn verifies(&self) -> bool {
        let [verifies, ..] = self.state;
        verifies == 1
    }
}

/// The passkeys of an account, in the order in which they were made.
pub(crate) fn of_account(connection: &Connection, account: AccountId) -> Result<Vec<OwnPasskey>> {
    let sql = "SELECT * FROM passkeys WHERE account_id = ?1 ORDER BY id";
    connection.prepare(sql)?.query_map([account], own)?.collect()
}

fn own(row: &Row<'_>) -> Result<OwnPasskey> {
    let [verifies, ..] = row.get::<_, State>("state")?;
    Ok(OwnPasskey {
        id: row.get("id")?,
        name: row.get("name")?,
        host: row.get("host")?,
        created: row.get::<_, Seconds>("created_at")?.0,
        used: row.get::<_, Option<Seconds>>("used_at")?.map(|used| used.0),
        verifies: verifies == 1,
    })
}

/// The ids and transports of an account's passkeys for `host`.
pub(crate) fn ids(connection: &Connection, account: AccountId, host: &str) -> Result<Vec<(Vec<u8>, u8)>> {
    let sql =
        "SELECT credential_id, transports FROM passkeys WHERE account_id = ?1 AND host = ?2 ORDER BY id";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    connection.prepare(sql)?.query_map(params![account, host], read)?.collect()
}

/// Looks up a passkey for `host` by its id.
pub(crate) fn find(
    connection: &Connection,
    host: &str,
    credential_id: &[u8],
) -> Result<Option<StoredPasskey>> {
    let sql = "SELECT passkeys.*, user_handle FROM passkeys JOIN accounts ON accounts.id = account_id
               WHERE credential_id = ?1 AND host = ?2 AND user_handle IS NOT NULL";
    let read = |row: &Row<'_>| {
        Ok(StoredPasskey {
            id: row.get("id")?,
            account: row.get("account_id")?,
            credential_id: row.get("credential_id")?,
            public_key: row.get("public_key")?,
            state: row.get("state")?,
            handle: row.get("user_handle")?,
        })
    };
    connection.query_row(sql, params![credential_id, host], read).optional()
}

/// The handle of an account: `new` if it had none.
pub(crate) fn handle(connection: &Connection, account: AccountId, new: &Handle) -> Result<Handle> {
    let sql =
        "UPDATE accounts SET user_handle = coalesce(user_handle, ?2) WHERE id = ?1 RETURNING user_handle";
    connection.query_row(sql, params![account, new], |row| row.get(0))
}

/// Stores a passkey, with recovery codes if it is the first second factor, tells the account of it by `cause`, and
/// ends every session of the account but one.
pub(crate) fn add(
    connection: &mut Connection,
    read: &Credentials,
    new: &NewPasskey,
    recovery: Option<&[RecoveryHash]>,
    stays: SessionNumber,
    cause: &Cause,
    now: i64,
) -> Result<Added> {
    let id = read.account.id;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_unchanged(&transaction, read)? || !sessions::has(&transaction, id, stays)? {
        return Ok(Added::Changed);
    }
    let sql = "INSERT INTO passkeys (account_id, host, credential_id, name, public_key, state, transports, created_at)
        SELECT :account, :host, :credential, :name, :key, :state, :transports, :now
        WHERE (SELECT count(*) FROM passkeys WHERE account_id = :account) < :most
        ON CONFLICT (credential_id) DO NOTHING";
    let values = named_params! {
        ":account": id, ":host": new.host, ":credential": new.credential_id, ":name": new.name,
        ":key": new.public_key, ":state": new.state, ":transports": new.transports, ":now": now, ":most": MOST,
    };
    if transaction.execute(sql, values)? == 0 {
        return Ok(Added::NoRoom);
    }
    if let Some(recovery) = recovery {
        second_factor::replace_recovery_codes(&transaction, id, recovery)?;
    }
    notices::insert(&transaction, id, NoticeKind::PasskeyAdded, "", cause, now)?;
    sessions::delete_all(&transaction, id, Some(stays))?;
    transaction.commit()?;
    Ok(Added::Done)
}

/// Records a use, whose answer was right, and the address. Returns false if the passkey was used meanwhile or is
/// gone, or the account has changed or is disabled.
pub(crate) fn use_up(
    connection: &mut Connection,
    read: &Credentials,
    used: &StoredPasskey,
    state: State,
    from: IpAddr,
    now: i64,
) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE passkeys SET state = ?3, used_at = ?4 WHERE id = ?1 AND state = ?2 AND account_id = ?5";
    let values = params![used.id, used.state, state, now, read.account.id];
    if !is_unchanged(&transaction, read)? || transaction.execute(sql, values)? == 0 {
        return Ok(false);
    }
    known_addresses::note(&transaction, read.account.id, from, now)?;
    transaction.commit()?;
    Ok(true)
}

/// Removes a passkey of an account, and its recovery codes if no second factor is left. Returns false if there is
/// no such passkey.
pub(crate) fn remove(connection: &Connection, account: AccountId, id: PasskeyId) -> Result<bool> {
    let sql = "DELETE FROM passkeys WHERE account_id = ?1 AND id = ?2";
    let removed = connection.execute(sql, params![account, id])? == 1;
    second_factor::drop_needless_recovery_codes(connection, account)?;
    Ok(removed)
}

/// Removes every passkey of an account.
pub(crate) fn remove_all(connection: &Connection, account: AccountId) -> Result<()> {
    connection.execute("DELETE FROM passkeys WHERE account_id = ?1", [account]).map(drop)
}
