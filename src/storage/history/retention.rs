//! Removal of recorded bans.

use rusqlite::{Connection, Result, params};

/// Removes up to `most` of the oldest bans that began before `time`. Returns how many.
pub(crate) fn delete_before(connection: &mut Connection, time: i64, most: u32) -> Result<usize> {
    let writing = connection.transaction()?;
    let sql = "DELETE FROM bans WHERE (since, jail, address) IN
               (SELECT since, jail, address FROM bans WHERE since < ?1 ORDER BY since LIMIT ?2)";
    let removed = writing.execute(sql, params![time, most])?;
    writing.execute("DELETE FROM gaps WHERE until < ?1", [time])?;
    writing.commit()?;
    Ok(removed)
}

/// The bytes of the pages that are in use.
pub(crate) fn size(connection: &Connection) -> Result<u64> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}
