//! Queries on second factors: the columns of accounts that hold them, and the table of recovery codes.

use rusqlite::{Connection, Result, params};

use crate::domain::account::AccountId;

/// SHA-256 of a recovery code. It needs no slow hash: a code is 120 random bits.
pub(crate) type RecoveryHash = [u8; 32];

/// The condition on a row of accounts that a login asks for more than the password: the one place that knows
/// which second factors there are.
pub(crate) const IS_ON: &str =
    "(totp_secret IS NOT NULL OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = accounts.id))";

/// Steps between a code and the last that was used beyond which the clock was set back in between.
const STEPS_AHEAD: i64 = 3;

/// Uses up the code of a step. Returns false if it, or a later one, was used before. A code that was used while the clock
/// was wrong, far ahead, locks nobody out until then.
pub(crate) fn use_step(connection: &Connection, account: AccountId, step: i64) -> Result<bool> {
    let sql = "UPDATE accounts SET totp_used_step = ?2
               WHERE id = ?1 AND totp_secret IS NOT NULL AND (totp_used_step < ?2 OR totp_used_step > ?2 + ?3)";
    Ok(connection.execute(sql, params![account, step, STEPS_AHEAD])? == 1)
}

/// Uses up a recovery code. Returns false if there is no such code, or no longer.
pub(crate) fn use_recovery_code(
    connection: &Connection,
    account: AccountId,
    hash: &RecoveryHash,
) -> Result<bool> {
    let sql = "DELETE FROM recovery_codes WHERE account_id = ?1 AND code_hash = ?2";
    Ok(connection.execute(sql, params![account, hash])? == 1)
}

/// Random bits of a recovery code, as they are recorded with it.
pub(crate) const RECOVERY_BITS: u32 = 120;

/// Counts the recovery codes that are left and have fewer bits than new ones.
pub(crate) fn short_recovery_codes(connection: &Connection, account: AccountId) -> Result<u32> {
    let sql = "SELECT count(*) FROM recovery_codes WHERE account_id = ?1 AND bits < ?2";
    connection.query_row(sql, params![account, RECOVERY_BITS], |row| row.get(0))
}

/// Counts the recovery codes that are left.
pub(crate) fn recovery_codes_left(connection: &Connection, account: AccountId) -> Result<u32> {
    let sql = "SELECT count(*) FROM recovery_codes WHERE account_id = ?1";
    connection.query_row(sql, [account], |row| row.get(0))
}

/// Returns true if an authenticator app is set up.
pub(crate) fn has_app(connection: &Connection, account: AccountId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND totp_secret IS NOT NULL)";
    connection.query_row(sql, [account], |row| row.get(0))
}

/// Sets the secret. The code of `step` has shown that it works, and is used up.
pub fn set(connection: &Connection, account: AccountId, secret: &[u8], step: i64) -> Result<()> {
    let sql = "UPDATE accounts SET totp_secret = ?2, totp_used_step = ?3 WHERE id = ?1";
    connection.execute(sql, params![account, secret, step])?;
    Ok(())
}

/// Removes the secret, if there is one, and the recovery codes if there is no passkey either.
pub fn remove(connection: &Connection, account: AccountId) -> Result<()> {
    connection.execute("UPDATE accounts SET totp_secret = NULL WHERE id = ?1", [account])?;
    drop_needless_recovery_codes(connection, account)
}

/// Removes the recovery codes of an account without a second factor.
pub(crate) fn drop_needless_recovery_codes(connection: &Connection, account: AccountId) -> Result<()> {
    let sql = format!(
        "DELETE FROM recovery_codes WHERE account_id = ?1
         AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND {IS_ON})"
    );
    connection.execute(&sql, [account]).map(drop)
}

/// Replaces the recovery codes that are left.
pub(crate) fn replace_recovery_codes(
    connection: &Connection,
    account: AccountId,
    hashes: &[RecoveryHash],
) -> Result<()> {
    connection.execute("DELETE FROM recovery_codes WHERE account_id = ?1", [account])?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_codes (account_id, code_hash, bits) VALUES (?1, ?2, ?3)";
        connection.execute(sql, params![account, hash, RECOVERY_BITS])?;
    }
    Ok(())
}
