//! Queries on the record of bans, which has a file of its own.

pub(crate) mod ends;
mod fields;
pub(crate) mod kept;
mod names;
mod newest;
pub(crate) mod overview;
pub(crate) mod places;
mod record;
pub(crate) mod retention;
pub(crate) mod search;
#[cfg(test)]
mod tests;
mod window;

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::domain::geo::origin::Origin;
use crate::domain::history::Ending;

pub(crate) use fields::{how, stored_entry};
pub(crate) use names::jail_id;
pub(crate) use record::NewRecord;

use fields::{stored_length, stored_origin};
use record::ROUNDED;

/// Records bans of fail2ban's database, each once. Returns the number of those that were not there.
pub(crate) fn insert_from_database(connection: &Connection, bans: &[NewRecord], now: i64) -> Result<usize> {
    let mut new = 0;
    for ban in bans {
        let jail = jail_id(connection, &ban.jail)?;
        let Some(ban) = kept::own(connection, jail, ban)? else {
            // Its row is one of those that are there all the same.
            new += 1;
            continue;
        };
        let ending = if ban.is_over(now) { Ending::RanOut } else { Ending::Standing };
        if insert(connection, jail, &ban, ending)? {
            new += 1;
            replace_vague(connection, jail, &ban)?;
        }
    }
    Ok(new)
}

/// Records bans that stand by a jail's list, unless they are known. Returns the number of those that were not there.
pub(crate) fn insert_from_list(connection: &Connection, bans: &[NewRecord]) -> Result<usize> {
    let mut new = 0;
    for ban in bans {
        let jail = jail_id(connection, &ban.jail)?;
        let Some(ban) = kept::own(connection, jail, ban)? else { continue };
        if !is_known(connection, jail, &ban, (ROUNDED, ROUNDED))? {
            new += usize::from(insert(connection, jail, &ban, Ending::Standing)?);
        }
    }
    Ok(new)
}

/// A ban of fail2ban's log, and its end where that was logged too.
pub(crate) type Logged = (NewRecord, Option<i64>);

/// The log is written when the actions begin, the database has the time of the last failure, which may be read late.
const LATE: i64 = 120;

/// Records bans of the log that nothing else tells of. How they ended the log does not tell. Returns the number of
/// those that were not there.
pub(crate) fn insert_from_log(connection: &Connection, bans: &[Logged]) -> Result<usize> {
    let mut new = 0;
    for (ban, ended) in bans {
        let jail = jail_id(connection, &ban.jail)?;
        if !is_known(connection, jail, ban, (LATE, ROUNDED))?
            && insert(connection, jail, ban, Ending::Unknown)?
        {
            let sql =
                "UPDATE bans SET ended = max(?4, since) WHERE since = ?1 AND jail = ?2 AND address = ?3";
            let values = params![ban.since.as_second(), jail, stored_entry(&ban.banned), ended];
            connection.prepare_cached(sql)?.execute(values)?;
            new += 1;
        }
    }
    Ok(new)
}

/// Returns true if a ban of the same entry is recorded that began up to so many seconds before or after `ban`.
pub(crate) fn is_known(
    connection: &Connection,
    jail: i64,
    ban: &NewRecord,
    (before, after): (i64, i64),
) -> Result<bool> {
    let sql = "SELECT 1 FROM bans WHERE address = ?1 AND since BETWEEN ?2 AND ?3 AND jail = ?4";
    let since = ban.since.as_second();
    let values = params![stored_entry(&ban.banned), since - before, since + after, jail];
    connection.prepare_cached(sql)?.exists(values)
}

/// Adds a ban, unless there is just this one.
pub(crate) fn insert(connection: &Connection, jail: i64, ban: &NewRecord, ending: Ending) -> Result<bool> {
    let sql = "INSERT OR IGNORE INTO bans (since, jail, address, length, count, origin, how)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let added = connection.prepare_cached(sql)?.execute(params![
        ban.since.as_second(),
        jail,
        stored_entry(&ban.banned),
        ban.length.map(stored_length),
        ban.count,
        stored_origin(Origin::of_banned(&ban.banned)),
        how(ending),
    ])?;
    Ok(added == 1)
}

/// Puts a ban of the database in the place of the same one that was first seen in a list. How that ended is kept.
fn replace_vague(connection: &Connection, jail: i64, ban: &NewRecord) -> Result<()> {
    let sql = "DELETE FROM bans WHERE address = ?1 AND jail = ?2 AND count IS NULL AND since <> ?3
               AND since BETWEEN ?3 - ?4 AND ?3 + ?4 RETURNING how, ended, person";
    let (since, entry) = (ban.since.as_second(), stored_entry(&ban.banned));
    let old = connection.prepare_cached(sql)?.query_row(params![entry, jail, since, ROUNDED], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<i64>>(2)?))
    });
    if let Some((how, ended, person)) = old.optional()? {
        let sql = "UPDATE bans SET how = ?4, ended = max(?5, since), person = ?6 WHERE since = ?1 AND jail = ?2 AND address = ?3";
        connection.prepare_cached(sql)?.execute(params![since, jail, entry, how, ended, person])?;
    }
    Ok(())
}
