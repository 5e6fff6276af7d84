//! How far the record is: what was read of fail2ban's database and log, until when all is known, and the gaps.

use jiff::Timestamp;
use rusqlite::{Connection, Result, params};

use crate::domain::address::Banned;
use crate::domain::history::RecordGap;
use crate::storage::columns::Seconds;

/// Number of marks that are kept.
const MARKS: i64 = 64;

/// A row of fail2ban's database that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) row: i64,
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    pub(crate) since: Timestamp,
}

/// The latest rows that were read, the newest first.
pub(crate) fn marks(connection: &Connection) -> Result<Vec<Mark>> {
    let sql = "SELECT row, jail, address, since FROM marks ORDER BY row DESC";
    let mark = |row: &rusqlite::Row<'_>| {
        Ok(Mark {
            row: row.get(0)?,
            jail: row.get(1)?,
            banned: Banned::from_daemon(&row.get::<_, String>(2)?),
            since: row.get::<_, Seconds>(3)?.0,
        })
    };
    connection.prepare_cached(sql)?.query_map([], mark)?.collect()
}

/// Keeps a mark, and none that stands behind it: fail2ban gives their numbers again.
pub(crate) fn mark(connection: &Connection, mark: &Mark) -> Result<()> {
    connection.prepare_cached("DELETE FROM marks WHERE row > ?1")?.execute([mark.row])?;
    connection.prepare_cached("INSERT OR REPLACE INTO marks VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        mark.row,
        mark.jail,
        mark.banned.to_string(),
        mark.since.as_second()
    ])?;
    let sql = "DELETE FROM marks WHERE row <= (SELECT row FROM marks ORDER BY row DESC LIMIT 1 OFFSET ?1)";
    connection.prepare_cached(sql)?.execute([MARKS])?;
    Ok(())
}

/// Forgets all marks: fail2ban has another database.
pub(crate) fn forget_marks(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM marks", []).map(drop)
}

/// Until when everything is known; `None` before the first look.
pub(crate) fn looked(connection: &Connection) -> Result<Option<i64>> {
    connection.query_row("SELECT looked FROM progress", [], |row| row.get(0))
}

/// Returns true if fail2ban's old log was read.
pub(crate) fn is_log_read(connection: &Connection) -> Result<bool> {
    connection.query_row("SELECT log FROM progress", [], |row| row.get(0))
}

/// Notes that fail2ban's old log was read.
pub(crate) fn set_log_read(connection: &Connection) -> Result<()> {
    connection.execute("UPDATE progress SET log = 1", []).map(drop)
}

/// Notes that everything is known until `now`, but for `gap`.
pub(crate) fn set_looked(connection: &Connection, now: i64, gap: Option<(i64, i64)>) -> Result<()> {
    if let Some((since, until)) = gap {
        let sql = "INSERT INTO gaps VALUES (?1, ?2) ON CONFLICT (since) DO UPDATE SET until = max(until, excluded.until)";
        connection.execute(sql, [since, until])?;
    }
    connection.prepare_cached("UPDATE progress SET looked = ?1")?.execute([now]).map(drop)
}

/// The gaps between two times, the newest first, and `most` at most.
pub(crate) fn gaps(connection: &Connection, (since, until): (i64, i64), most: u32) -> Result<Vec<RecordGap>> {
    let sql = "SELECT since, until FROM gaps WHERE since < ?2 AND until > ?1 ORDER BY since DESC LIMIT ?3";
    let gap = |row: &rusqlite::Row<'_>| {
        Ok(RecordGap { since: row.get::<_, Seconds>(0)?.0, until: row.get::<_, Seconds>(1)?.0 })
    };
    connection.prepare_cached(sql)?.query_map(params![since, until, most], gap)?.collect()
}
