//! Read-only queries on fail2ban's own database.
//!
//! Its tables are those of `fail2ban/server/database.py`. fail2ban keeps its journal in memory
//! (`PRAGMA journal_mode = MEMORY`), so the file is never in write-ahead-log mode and reading it makes
//! no file beside it. While we read, fail2ban cannot commit: every query here is bounded.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::domain::address::{Banned, Target};
use crate::domain::lookup::{Evidence, History, NoEvidence, NoHistory, PastBan};
use crate::fail2ban::database_file::with_database;

use super::columns;

/// Number of bans that are read whole.
const BANS: usize = 50;
/// Number of rows of a table that are compared with a network.
const COMPARED: u32 = 200_000;
/// The longest record of matches that is read, in bytes: 10,000 log lines of 200 characters.
const LONGEST_DATA: usize = 2 * 1024 * 1024;
/// The most bytes of such records that are read for one look-up. The newest are read first.
const MOST_DATA: usize = 16 * 1024 * 1024;

/// The length of a record is asked for before the record: SQLite would read all of it.
const COLUMNS: &str =
    "jail, ip, timeofban, bantime, bancount, octet_length(data), iif(octet_length(data) <= ?2, data, NULL)";
/// `bips` holds the last ban of each address and jail for longer than `bans` holds the history
/// (`database.py`, `purge`): rows that only it has count too.
const ONLY_IN_BIPS: &str = "NOT EXISTS (SELECT 1 FROM bans WHERE bans.ip = bips.ip AND bans.jail = bips.jail \
                            AND bans.timeofban = bips.timeofban)";

/// A row that was found: when that ban began, its `rowid` and its table.
type Place = (Timestamp, i64, &'static str);

/// The rows that were found.
#[derive(Default)]
struct Found {
    rows: Vec<Place>,
    /// Number of rows that cannot be read: they may be of what was asked for.
    unread: usize,
    /// True if there were too many rows to look at them all.
    cut_short: bool,
}

/// Reads the bans of `asked` that the database `file` remembers. Blocks: not for an async thread.
pub(crate) fn read_history(file: &Path, asked: &Banned) -> Result<History, NoHistory> {
    with_database(file, |connection| query(connection, asked))
}

fn query(connection: &Connection, asked: &Banned) -> rusqlite::Result<History> {
    // One transaction, or a purge between two queries could remove the rows that were just found.
    let reading = connection.unchecked_transaction()?;
    let mut found = match asked {
        Banned::Target(network @ Target::Network(_)) => inside(&reading, network)?,
        Banned::Target(Target::Address(_)) | Banned::Text(_) => equal(&reading, &asked.to_string())?,
    };
    found.rows.sort_unstable_by(|a, b| b.cmp(a));
    let all = found.rows.len();
    let mut bans = Vec::new();
    let mut left = MOST_DATA;
    for (since, rowid, table) in found.rows.into_iter().take(BANS) {
        let sql = format!("SELECT {COLUMNS} FROM {table} WHERE rowid = ?1");
        let longest = i64::try_from(LONGEST_DATA.min(left)).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| past_ban(row, since, &mut left);
        match reading.prepare_cached(&sql)?.query_row((rowid, longest), read)? {
            Some(ban) => bans.push(ban),
            None => found.unread += 1,
        }
    }
    Ok(History {
        all: all - (all.min(BANS) - bans.len()),
        bans,
        unread: found.unread,
        cut_short: found.cut_short,
    })
}

/// Finds the rows of the entry that reads `text`.
fn equal(connection: &Connection, text: &str) -> rusqlite::Result<Found> {
    let mut found = Found::default();
    for (table, condition) in [("bans", "1"), ("bips", ONLY_IN_BIPS)] {
        let sql = format!("SELECT timeofban, rowid FROM {table} WHERE ip = ?1 AND {condition} LIMIT ?2");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query((text, COMPARED))?;
        while let Some(row) = rows.next()? {
            found.add(row, table)?;
        }
    }
    Ok(found)
}

/// Finds the rows of entries that lie inside `network`.
fn inside(connection: &Connection, network: &Target) -> rusqlite::Result<Found> {
    let mut found = Found::default();
    let sql = format!("SELECT 1 FROM bips WHERE rowid = ?1 AND {ONLY_IN_BIPS}");
    let mut only_in_bips = connection.prepare(&sql)?;
    for table in ["bans", "bips"] {
        // The newest first, so that those count where there are too many.
        let sql = format!("SELECT timeofban, rowid, ip FROM {table} ORDER BY rowid DESC LIMIT ?1");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([COMPARED + 1])?;
        let mut compared = 0;
        while let Some(row) = rows.next()? {
            compared += 1;
            let is_wanted = match columns::text(row.get_ref(2)?) {
                Some(text) => text.parse().is_ok_and(|held| network.covers(&held)),
                // It may be any.
                None => true,
            };
            if is_wanted && (table == "bans" || only_in_bips.exists([row.get::<_, i64>(1)?])?) {
                found.add(row, table)?;
            }
        }
        found.cut_short |= compared > COMPARED;
    }
    Ok(found)
}

impl Found {
    fn add(&mut self, row: &Row<'_>, table: &'static str) -> rusqlite::Result<()> {
        match columns::time(row.get_ref(0)?) {
            Some(since) => self.rows.push((since, row.get(1)?, table)),
            None => self.unread += 1,
        }
        Ok(())
    }
}

/// Reads a row. `None` where it does not hold the entry or the jail. The bytes that are read of its
/// record are subtracted from `left`.
fn past_ban(row: &Row<'_>, since: Timestamp, left: &mut usize) -> rusqlite::Result<Option<PastBan>> {
    let (Some(jail), Some(banned)) =
        (columns::text(row.get_ref(0)?).map(str::to_owned), columns::banned(row.get_ref(1)?))
    else {
        return Ok(None);
    };
    Ok(Some(PastBan {
        jail,
        banned,
        since,
        length: columns::length(row.get_ref(3)?),
        count: columns::count(row.get_ref(4)?),
        evidence: record(row.get_ref(5)?, row.get_ref(6)?, left),
    }))
}

/// Reads a record of matches. It is written as bytes, in the daemon's own encoding (`database.py`,
/// `_json_dumps_safe`).
fn record(bytes: ValueRef<'_>, data: ValueRef<'_>, left: &mut usize) -> Result<Evidence, NoEvidence> {
    match (bytes, data) {
        (_, ValueRef::Blob(data) | ValueRef::Text(data)) => {
            *left = left.saturating_sub(data.len());
            evidence::parse_evidence(&String::from_utf8_lossy(data)).ok_or(NoEvidence::Unreadable)
        }
        (ValueRef::Integer(bytes), ValueRef::Null) => {
            Err(NoEvidence::TooLarge { bytes: u64::try_from(bytes).unwrap_or(u64::MAX) })
        }
        _ => Err(NoEvidence::Unreadable),
    }
}

pub(crate) mod evidence;
pub(crate) mod holders;
pub(crate) mod new_bans;
pub(crate) mod recorded;
#[cfg(test)]
mod tests;
pub(crate) mod written;
