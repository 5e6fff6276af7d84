//! Read-only queries on fail2ban's own database.
//!
//! Its tables are those of `fail2ban/server/database.py`. fail2ban keeps its journal in memory
//! (`PRAGMA journal_mode = MEMORY`), so the file is never in write-ahead-log mode and reading it makes
//! no file beside it. While we read, fail2ban cannot commit: every query here is bounded.

use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use super::evidence;
use crate::domain::address::{Banned, Target};
use crate::domain::jail::Length;
use crate::domain::lookup::{History, NoHistory, PastBan};

/// How long to wait for somebody who writes. fail2ban's own writes take milliseconds.
const BUSY: Duration = Duration::from_millis(700);
/// How many bans are read whole.
const BANS: usize = 50;
/// How many rows of a table are compared with a network.
const COMPARED: u32 = 200_000;
/// The longest record of matches that is read, in bytes.
const LONGEST_DATA: usize = 256 * 1024;
/// fail2ban's mark for a ban time that it does not know (`database.py`, `updateDb`).
pub(super) const LENGTH_UNKNOWN: i64 = -2;

const COLUMNS: &str = "jail, ip, timeofban, bantime, bancount, data";
/// `bips` holds the last ban of each address and jail for longer than `bans` holds the history
/// (`database.py`, `purge`): what only it knows counts too.
const ONLY_IN_BIPS: &str = "NOT EXISTS (SELECT 1 FROM bans WHERE bans.ip = bips.ip AND bans.jail = bips.jail \
                            AND bans.timeofban = bips.timeofban)";

/// A row that was found: when that ban began, its `rowid` and its table.
type Found = (i64, i64, &'static str);

/// What the database `file` remembers of `asked`. Blocks: not for an async thread.
///
/// # Errors
/// When the file cannot be read, and why.
pub(super) fn read(file: &Path, asked: &Banned) -> Result<History, NoHistory> {
    with(file, |connection| query(connection, asked))
}

/// What `query` finds in the database `file`. Blocks: not for an async thread.
///
/// # Errors
/// When the file cannot be read, and why.
pub(super) fn with<T>(
    file: &Path,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, NoHistory> {
    let told = |error: rusqlite::Error| {
        tracing::warn!(%error, file = %file.display(), "fail2ban's database cannot be read");
        reason(&error, file)
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(told)?;
    connection.busy_timeout(BUSY).map_err(told)?;
    query(&connection).map_err(told)
}

fn query(connection: &Connection, asked: &Banned) -> rusqlite::Result<History> {
    // One transaction, or a purge between two queries could take away what was just found.
    let reading = connection.unchecked_transaction()?;
    let (mut found, cut_short) = match asked {
        Banned::Target(network @ Target::Network(_)) => inside(&reading, network)?,
        Banned::Target(Target::Address(_)) | Banned::Text(_) => (equal(&reading, &asked.to_string())?, false),
    };
    found.sort_unstable_by(|a, b| b.cmp(a));
    let mut bans = Vec::new();
    for (_, rowid, table) in found.iter().take(BANS) {
        let sql = format!("SELECT {COLUMNS} FROM {table} WHERE rowid = ?1");
        bans.push(reading.prepare_cached(&sql)?.query_row([rowid], past_ban)?);
    }
    Ok(History { bans, all: found.len(), cut_short })
}

/// The rows of the entry that reads `text`.
fn equal(connection: &Connection, text: &str) -> rusqlite::Result<Vec<Found>> {
    let mut found = Vec::new();
    for (table, condition) in [("bans", "1"), ("bips", ONLY_IN_BIPS)] {
        let sql = format!("SELECT timeofban, rowid FROM {table} WHERE ip = ?1 AND {condition} LIMIT ?2");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query((text, COMPARED))?;
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?, table));
        }
    }
    Ok(found)
}

/// The rows of what lies inside `network`, and whether there were too many rows to look at them all.
fn inside(connection: &Connection, network: &Target) -> rusqlite::Result<(Vec<Found>, bool)> {
    let mut found = Vec::new();
    let mut cut_short = false;
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
            let held = row.get_ref(2)?.as_str().ok().and_then(|text| text.parse::<Target>().ok());
            let rowid: i64 = row.get(1)?;
            if held.is_some_and(|held| network.covers(&held))
                && (table == "bans" || only_in_bips.exists([rowid])?)
            {
                found.push((row.get(0)?, rowid, table));
            }
        }
        cut_short |= compared > COMPARED;
    }
    Ok((found, cut_short))
}

fn past_ban(row: &Row<'_>) -> rusqlite::Result<PastBan> {
    let (jail, ip): (String, String) = (row.get(0)?, row.get(1)?);
    let (since, length): (i64, i64) = (row.get(2)?, row.get(3)?);
    let count: i64 = row.get(4)?;
    Ok(PastBan {
        jail,
        banned: Banned::from_daemon(&ip),
        since: Timestamp::from_second(since)
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, since))?,
        length: (length != LENGTH_UNKNOWN).then(|| Length::from_daemon(length)),
        count: u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(4, count))?,
        // Written as bytes, in the daemon's own encoding (`database.py`, `_json_dumps_safe`).
        evidence: match row.get_ref(5)? {
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) if bytes.len() <= LONGEST_DATA => {
                evidence::read(&String::from_utf8_lossy(bytes))
            }
            _ => None,
        },
    })
}

fn reason(error: &rusqlite::Error, file: &Path) -> NoHistory {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => NoHistory::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => NoHistory::Damaged,
        // SQLite does not say why it cannot open a file. We do not open it to find out: closing it
        // again would drop the locks of another look-up.
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => match std::fs::metadata(file) {
            Ok(about) if about.is_file() => NoHistory::Denied,
            Err(error) if error.kind() == io::ErrorKind::NotFound => NoHistory::Missing,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => NoHistory::Denied,
            Ok(_) | Err(_) => NoHistory::Unreadable,
        },
        _ => NoHistory::Unreadable,
    }
}
