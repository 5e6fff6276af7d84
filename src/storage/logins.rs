//! Queries of a login. What it writes when it succeeds is one transaction, and is written only if nobody has
//! changed the account since it was read.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Result, Row, TransactionBehavior, params};

use crate::domain::account::{Account, AccountId};

use super::columns::Text;
use super::{accounts, known_addresses, second_factor};

/// The stored side of a login.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The account.
    pub account: Account,
    /// The PHC string of the password.
    pub(crate) password_hash: String,
    /// The secret of the second factor, if there is one.
    pub(crate) totp_secret: Option<Vec<u8>>,
    /// Number of its passkeys.
    pub(crate) passkeys: u32,
    /// True if the account may not log in, or only the web server in front logs it in.
    pub(crate) disabled: bool,
    /// True if the account has lately logged in from where this was read for.
    pub(crate) is_known: bool,
}

impl Credentials {
    /// Returns true if a login asks for more than the password.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.totp_secret.is_some() || self.passkeys > 0
    }
}

/// Origin of credentials, and the time since which an address counts as known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    pub(crate) known_since: i64,
}

/// The credentials, and in the same query whether the address is known: a name that exists costs no more
/// questions than one that does not.
const SELECT: &str = "SELECT *, EXISTS (SELECT 1 FROM known_addresses
    WHERE account_id = accounts.id AND address = ?2 AND last_login_at >= ?3) AS is_known,
    (SELECT count(*) FROM passkeys WHERE account_id = accounts.id) AS passkeys FROM accounts";

/// Reads the credentials of an account by its name without case. For a text that is no name give an empty
/// one, which no account has.
pub(crate) fn by_name(connection: &Connection, key: &str, origin: Origin) -> Result<Option<Credentials>> {
    let mut query = connection.prepare_cached(&format!("{SELECT} WHERE name_key = ?1"))?;
    query.query_row(params![key, Text(origin.address), origin.known_since], credentials).optional()
}

/// Reads the credentials of an account by its number.
pub(crate) fn by_id(connection: &Connection, id: AccountId, origin: Origin) -> Result<Option<Credentials>> {
    let mut query = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    query.query_row(params![id, Text(origin.address), origin.known_since], credentials).optional()
}

fn credentials(row: &Row<'_>) -> Result<Credentials> {
    Ok(Credentials {
        account: accounts::account(row)?,
        password_hash: row.get("password_hash")?,
        totp_secret: row.get("totp_secret")?,
        passkeys: row.get("passkeys")?,
        disabled: row.get::<_, Option<i64>>("disabled_at")?.is_some() || row.get("by_proxy")?,
        is_known: row.get("is_known")?,
    })
}

/// Returns true if the account is as it was read and may log in.
pub(crate) fn is_unchanged(connection: &Connection, read: &Credentials) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND password_hash = ?2
               AND totp_secret IS ?3 AND disabled_at IS NULL AND NOT by_proxy
               AND (SELECT count(*) FROM passkeys WHERE account_id = ?1) = ?4)";
    let values = params![read.account.id, read.password_hash, read.totp_secret, read.passkeys];
    connection.query_row(sql, values, |row| row.get(0))
}

/// Completes the first step, whose password was right: stores the hash that replaces a weak one, and records
/// the address if no second step follows. Returns false if the account has changed or is disabled.
pub(crate) fn password_was_right(
    connection: &mut Connection,
    read: &Credentials,
    renewed: Option<&str>,
    from: IpAddr,
    now: i64,
) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_unchanged(&transaction, read)? {
        return Ok(false);
    }
    if let Some(renewed) = renewed {
        let sql = "UPDATE accounts SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2";
        transaction.execute(sql, params![read.account.id, read.password_hash, renewed])?;
    }
    if !read.has_second_factor() {
        known_addresses::note(&transaction, read.account.id, from, now)?;
    }
    transaction.commit()?;
    Ok(true)
}

/// A proof of the second factor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof {
    /// The code of this step.
    Step(i64),
    /// The recovery code with this SHA-256.
    Recovery([u8; 32]),
}

/// Uses the proof up and records the address, if there is one. Returns the number of recovery codes left; `None` if the proof
/// is invalid or used up, or the account has changed or is disabled.
pub(crate) fn use_proof(
    connection: &mut Connection,
    read: &Credentials,
    proof: Proof,
    from: Option<IpAddr>,
    now: i64,
) -> Result<Option<u32>> {
    let id = read.account.id;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let holds = is_unchanged(&transaction, read)?
        && match proof {
            Proof::Step(step) => second_factor::use_step(&transaction, id, step)?,
            Proof::Recovery(hash) => second_factor::use_recovery_code(&transaction, id, &hash)?,
        };
    if !holds {
        return Ok(None);
    }
    if let Some(from) = from {
        known_addresses::note(&transaction, id, from, now)?;
    }
    let left = second_factor::recovery_codes_left(&transaction, id)?;
    transaction.commit()?;
    Ok(Some(left))
}
