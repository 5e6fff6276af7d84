//! The rows of fail2ban's database for a record of our own, a batch at a time.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use crate::domain::address::Banned;
use crate::domain::jail::Length;
use crate::domain::lookup::NoHistory;
use crate::fail2ban::{columns, database_file};

use super::new_bans::RowId;

/// The most rows of a batch: reading them takes milliseconds, for which fail2ban cannot write.
pub(crate) const BATCH: usize = 2_000;
/// The most bytes of their texts.
const MOST_TEXT: usize = 1024 * 1024;
/// The most marks that are looked at.
const MOST_MARKS: usize = 64;

/// Where to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadFrom {
    /// In the table of all bans, behind the first of these rows that is still the same. A row whose number is the
    /// greatest leaves it to the next one when it is deleted (SQLite's `rowid`), as after an unban.
    Bans(Vec<RecordedRow>),
    /// In the table of the last ban of each address and jail, behind a row.
    LastBans(RowId),
}

/// A row of fail2ban's database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRow {
    pub(crate) row: RowId,
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub(crate) since: Timestamp,
    pub(crate) length: Option<Length>,
    pub(crate) count: Option<u64>,
}

impl RecordedRow {
    /// Returns true if both are the same ban.
    fn is_same(&self, other: &Self) -> bool {
        (self.row, &self.jail, &self.banned, self.since)
            == (other.row, &other.jail, &other.banned, other.since)
    }
}

/// A batch of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Those that can be read.
    pub(crate) rows: Vec<RecordedRow>,
    /// The last row that was looked at; `None` where there was none.
    pub(crate) last: Option<RowId>,
    /// True if there are further rows.
    pub(crate) is_cut: bool,
    /// True if they are read from the first one on.
    pub(crate) is_whole: bool,
    /// Number of rows of the table.
    pub(crate) number: u64,
    /// Number of rows of this batch that cannot be read.
    pub(crate) unread: u64,
}

/// Reads a batch of rows. Blocks: not for an async thread.
pub(crate) fn read(file: &Path, from: &ReadFrom) -> Result<Recorded, NoHistory> {
    database_file::with_database(file, |connection| {
        // One transaction, or a row that was just found could be another one.
        let reading = connection.unchecked_transaction()?;
        let (table, after) = match from {
            ReadFrom::Bans(marks) => ("bans", last_unchanged(&reading, marks)?),
            ReadFrom::LastBans(after) => ("bips", *after),
        };
        batch(&reading, table, after)
    })
}

/// The first of `marks` that is still the same, or else the place before the first row.
fn last_unchanged(reading: &Connection, marks: &[RecordedRow]) -> rusqlite::Result<RowId> {
    let sql = "SELECT rowid, jail, ip, timeofban, bantime, bancount FROM bans WHERE rowid = ?1";
    let mut statement = reading.prepare(sql)?;
    for mark in marks.iter().take(MOST_MARKS) {
        let row = statement.query_row([mark.row.0], recorded).optional()?.flatten();
        if row.is_some_and(|row| row.is_same(mark)) {
            return Ok(mark.row);
        }
    }
    Ok(RowId(i64::MIN))
}

fn batch(reading: &Connection, table: &str, after: RowId) -> rusqlite::Result<Recorded> {
    let number = reading.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    let sql = format!(
        "SELECT rowid, jail, ip, timeofban, bantime, bancount FROM {table} WHERE rowid > ?1 ORDER BY rowid"
    );
    let mut batch = Recorded { number, is_whole: after.0 == i64::MIN, ..Recorded::default() };
    let (mut looked, mut text) = (0, 0);
    let mut statement = reading.prepare(&sql)?;
    let mut rows = statement.query([after.0])?;
    while let Some(row) = rows.next()? {
        if looked == BATCH || text > MOST_TEXT {
            batch.is_cut = true;
            break;
        }
        looked += 1;
        batch.last = Some(RowId(row.get(0)?));
        match recorded(row)? {
            Some(row) => {
                if let Banned::Text(entry) = &row.banned {
                    text += entry.len();
                }
                text += row.jail.len();
                batch.rows.push(row);
            }
            None => batch.unread += 1,
        }
    }
    Ok(batch)
}

/// Reads a row; `None` where it does not tell what was banned, where, or when.
fn recorded(row: &Row<'_>) -> rusqlite::Result<Option<RecordedRow>> {
    let jail = columns::text(row.get_ref(1)?).map(str::to_owned);
    let (banned, since) = (columns::banned(row.get_ref(2)?), columns::time(row.get_ref(3)?));
    let (Some(jail), Some(banned), Some(since)) = (jail, banned, since) else { return Ok(None) };
    Ok(Some(RecordedRow {
        row: RowId(row.get(0)?),
        jail,
        banned,
        since,
        length: columns::length(row.get_ref(4)?),
        count: columns::count(row.get_ref(5)?),
    }))
}

#[cfg(test)]
mod tests;
