//! A jail's ban list as fail2ban's database has it, in the table `bips`: the last ban of each address and jail.
//!
//! It is quick to read (60 ms for 100,000 bans) and holds fail2ban up only where it wants to write just then. It is
//! not always the list that fail2ban holds; tried on 0.11.2, 1.0.2 and 1.1.1:
//! - A ban that ended stays in it, until it is purged (`database.py`, `_purge_bips`); so does one of an address that
//!   was on the ignore list, or older than the present ban time, when fail2ban started (`jail.py`,
//!   `restoreCurrentBans`). An unban deletes its row before the ban (`actions.py`, `removeBannedIP`).
//! - A ban is written after it is counted (`observer.py`, `banFound`), and not at all where the database is locked
//!   for long. Restored bans are not written again: their rows are still there.
//! - A ban without a length of its own follows the jail's present ban time (`ticket.py`, `getEndOfBanTime`), its row
//!   does not. Only a ban that was lengthened as a repeated one, or restored, has one.
//! - An address that is banned again while it is banned may get a later end (`banmanager.py`, `addBanTicket`),
//!   its row does not.
//!
//! So the counts that fail2ban tells have to agree with it, a length that the jail's present ban time does not
//! explain makes it useless, and what is left is shown for seconds, until the list itself was read
//! (`jail_service/ban_lists/first_view.rs`).

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::domain::ban::Ban;
use crate::domain::daemon_clock::DaemonClock;
use crate::domain::jail::{JailName, Length};
use crate::domain::lookup::NoHistory;
use crate::fail2ban::{columns, database_file};

use super::new_bans::RowId;

/// Longest time that reading may take: for so long fail2ban cannot write.
const LONGEST: Duration = Duration::from_secs(1);
/// Seconds for which a ban may outlast its end: the jail looks every second (`actions.py`, `run`), and the row's time
/// is rounded.
const OVERDUE: i64 = 3;

/// The bans of a jail that fail2ban's database has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenBans {
    /// Those that hold now, and those that ended within the last seconds. Each begins up to a second later than in
    /// fail2ban's list: the database rounds (`database.py`, `addBan`), the list cuts off.
    pub(crate) bans: Vec<Ban>,
    /// The last row of all bans at that moment.
    pub(crate) mark: RowId,
    /// The clock.
    pub(crate) clock: DaemonClock,
}

/// The ban time of a jail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BanTime {
    pub(crate) length: Length,
    /// True if it grows for who comes back.
    pub(crate) is_growing: bool,
}

/// Reads the bans of `jail` and the last row of all bans; `None` where they cannot be those of fail2ban's list. Blocks:
/// not for an async thread.
pub(crate) fn read(
    file: &Path,
    jail: &JailName,
    time: BanTime,
) -> Result<Option<(Vec<Ban>, RowId)>, NoHistory> {
    let begin = Instant::now();
    let now = Timestamp::now();
    database_file::with_database(file, |connection| {
        // One transaction: the rows and the mark are of one moment.
        let reading = connection.unchecked_transaction()?;
        let mark =
            reading.query_row("SELECT max(rowid) FROM bans", (), |row| row.get::<_, Option<i64>>(0))?;
        // No index finds the rows of a jail. They are chosen here, where the time is looked at in between.
        let mut statement = reading.prepare("SELECT jail, ip, timeofban, bantime, bancount FROM bips")?;
        let mut rows = statement.query(())?;
        let mut bans = Vec::new();
        while let Some(row) = rows.next()? {
            if begin.elapsed() > LONGEST {
                return Ok(None);
            }
            if columns::text(row.get_ref(0)?) != Some(jail.as_str()) {
                continue;
            }
            let Some((ban, count)) = ban(row)? else { return Ok(None) };
            if ban.ends().is_some_and(|end| end.as_second() + OVERDUE < now.as_second()) {
                continue;
            }
            if ban.length != time.length && !(time.is_growing && count > 1) {
                return Ok(None);
            }
            // What the database rounded up has begun all the same.
            bans.push(Ban { since: ban.since.min(now), ..ban });
        }
        Ok(Some((bans, RowId(mark.unwrap_or(0)))))
    })
}

/// Reads a row and which ban of its address it is; `None` where it cannot be read.
fn ban(row: &Row<'_>) -> rusqlite::Result<Option<(Ban, u64)>> {
    let (banned, since) = (columns::banned(row.get_ref(1)?), columns::time(row.get_ref(2)?));
    let (length, count) = (columns::length(row.get_ref(3)?), columns::count(row.get_ref(4)?));
    let (Some(banned), Some(since), Some(length), Some(count)) = (banned, since, length, count) else {
        return Ok(None);
    };
    Ok(Some((Ban { banned, since, length }, count)))
}

#[cfg(test)]
mod tests;
