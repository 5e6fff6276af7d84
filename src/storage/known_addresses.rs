//! Queries on the table of addresses that accounts have logged in from.

use std::net::IpAddr;

use rusqlite::{Connection, Result, params};

use crate::domain::account::AccountId;

use super::columns::Text;

/// Number of addresses kept of an account.
pub const MOST: u32 = 20;

/// Records a login from `address` and drops the oldest addresses beyond [`MOST`].
pub fn note(connection: &Connection, account: AccountId, address: IpAddr, now: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO known_addresses (account_id, address, last_login_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (account_id, address) DO UPDATE SET last_login_at = ?3",
        params![account, Text(address), now],
    )?;
    connection.execute(
        "DELETE FROM known_addresses WHERE account_id = ?1 AND address NOT IN (
             SELECT address FROM known_addresses WHERE account_id = ?1
             ORDER BY last_login_at DESC, address = ?2 DESC LIMIT ?3)",
        params![account, Text(address), MOST],
    )?;
    Ok(())
}
