//! Removal of audit rows.

use rusqlite::{Connection, Result, params};

/// Removes up to `most` of the oldest rows that were written before `time`. Returns how many.
pub(crate) fn delete_before(connection: &Connection, time: i64, most: u32) -> Result<usize> {
    let sql = "DELETE FROM audit WHERE id IN
               (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT ?2) WHERE at < ?1)";
    connection.execute(sql, params![time, most])
}

/// The bytes of the pages that hold the rows.
pub(crate) fn size(connection: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = 'audit' AND aggregate = TRUE";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Number of rows of each account.
pub(crate) fn by_account(connection: &Connection) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT account, count(*) FROM audit WHERE account IS NOT NULL GROUP BY account";
    connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Removes the oldest rows of an account.
pub(crate) fn delete_oldest(connection: &Connection, account: &str, number: u64) -> Result<usize> {
    let sql = "DELETE FROM audit WHERE id IN
               (SELECT id FROM audit WHERE account = ?1 ORDER BY id LIMIT ?2)";
    connection.execute(sql, params![account, number])
}
