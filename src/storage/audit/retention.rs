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

/// The bytes of a row: those of its texts, and about as many as the rest takes.
const BYTES: &str = "(100 + octet_length(target) + octet_length(words) + octet_length(coalesce(jail, '')))";

/// Bytes of the rows of each account.
pub(crate) fn by_account(connection: &Connection) -> Result<Vec<(String, u64)>> {
    let sql = format!("SELECT account, sum({BYTES}) FROM audit WHERE account IS NOT NULL GROUP BY account");
    connection.prepare(&sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Removes the oldest rows of an account until `bytes` are gone, but no more than `most` rows. Returns the number of
/// rows and of bytes.
pub(crate) fn delete_oldest(
    connection: &mut Connection,
    account: &str,
    bytes: u64,
    most: u32,
) -> Result<(usize, u64)> {
    let oldest = format!(
        "SELECT id, size, sum(size) OVER (ORDER BY id) - size AS before FROM
         (SELECT id, {BYTES} AS size FROM audit WHERE account = ?1 ORDER BY id LIMIT ?3)"
    );
    let transaction = connection.transaction()?;
    let values = params![account, bytes, most];
    let gone = format!("SELECT coalesce(sum(size), 0) FROM ({oldest}) WHERE before < ?2");
    let gone = transaction.query_row(&gone, values, |row| row.get(0))?;
    let delete = format!("DELETE FROM audit WHERE id IN (SELECT id FROM ({oldest}) WHERE before < ?2)");
    let rows = transaction.execute(&delete, values)?;
    transaction.commit()?;
    Ok((rows, gone))
}
