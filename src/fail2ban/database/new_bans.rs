//! Bans that came since a list was read, from fail2ban's database.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::domain::lookup::NoHistory;
use crate::fail2ban::columns::LENGTH_UNKNOWN;
use crate::fail2ban::{columns, database_file};

/// The most rows that are read at once.
pub(crate) const MOST_ROWS: usize = 20_000;
/// A row that was the last one and is deleted leaves its number to the next one (SQLite's `rowid`), as
/// after an unban: so many rows before the mark are looked at as well, by their time.
const NUMBERS_GIVEN_AGAIN: i64 = 64;

/// The number of a row of the table `bans`. They grow as the bans come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowId(pub i64);

/// A ban in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBan {
    pub row: RowId,
    /// The ban. It begins up to a second later than in the list: the database rounds
    /// (`fail2ban/server/database.py`, `addBan`), the list cuts off.
    pub ban: Ban,
}

/// The last row there is; 0 where there is none. Blocks: not for an async thread.
pub(crate) fn newest(file: &Path) -> Result<RowId, NoHistory> {
    database_file::with_database(file, |connection| {
        let newest = "SELECT max(rowid) FROM bans";
        Ok(RowId(connection.query_row(newest, (), |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0)))
    })
}

/// The time of the last ban of each jail that has one. A jail whose name or time cannot be read is left out. Blocks:
/// not for an async thread.
pub(crate) fn last_of_each_jail(file: &Path) -> Result<Vec<(JailName, Timestamp)>, NoHistory> {
    database_file::with_database(file, |connection| {
        // One step in the index of each jail, however many bans it has.
        let sql = "SELECT name, (SELECT max(timeofban) FROM bans WHERE jail = name) FROM jails";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(())?;
        let mut last = Vec::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_str().ok().and_then(|name| name.parse().ok());
            last.extend(name.zip(columns::time(row.get_ref(1)?)));
        }
        Ok(last)
    })
}

/// Returns the bans of `jail` that were written after the row `mark`, the oldest first. `since` is
/// the time when the last of them was already known. A row that cannot be read is left out: a
/// caller that counts the new bans then misses one, and reads the list. Blocks: not for an async
/// thread.
pub(crate) fn after(
    file: &Path,
    jail: &JailName,
    mark: RowId,
    since: Timestamp,
) -> Result<Vec<NewBan>, NoHistory> {
    database_file::with_database(file, |connection| {
        // The plus keeps SQLite from going through all rows of the jail by its index.
        let sql = "SELECT rowid, ip, timeofban, bantime FROM bans WHERE rowid > ?1 - ?2 \
                   AND (rowid > ?1 OR timeofban >= ?3) AND +jail = ?4 AND bantime <> ?5 ORDER BY rowid LIMIT ?6";
        let mut statement = connection.prepare(sql)?;
        let most = u32::try_from(MOST_ROWS).unwrap_or(u32::MAX);
        let asked = (mark.0, NUMBERS_GIVEN_AGAIN, since.as_second(), jail.as_str(), LENGTH_UNKNOWN, most);
        let mut rows = statement.query(asked)?;
        let mut new = Vec::new();
        while let Some(row) = rows.next()? {
            new.extend(new_ban(row)?);
        }
        Ok(new)
    })
}

fn new_ban(row: &Row<'_>) -> rusqlite::Result<Option<NewBan>> {
    let id = RowId(row.get(0)?);
    let (banned, since) = (columns::banned(row.get_ref(1)?), columns::time(row.get_ref(2)?));
    let (Some(banned), Some(since), Some(length)) = (banned, since, columns::length(row.get_ref(3)?)) else {
        return Ok(None);
    };
    Ok(Some(NewBan { row: id, ban: Ban { banned, since, length } }))
}
