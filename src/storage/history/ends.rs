//! How bans ended.

use jiff::Timestamp;
use rusqlite::{Connection, Result, params};

use crate::domain::address::Banned;

use super::fields::stored_entry;
use super::kept::IS_KEPT;
use super::names::{id_of, jail_id};
use super::record::ROUNDED;

/// The end of a ban by its length, as the index of what stands has it.
const END: &str = "CASE WHEN length >= 0 THEN since + length END";
/// Seconds within which a ban that was lifted here may have been noted as lifted by somebody else.
const JUST_NOW: i64 = 60;

/// A ban that stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    pub(crate) since: Timestamp,
}

/// What is known of bans that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// They went now, and somebody lifted them.
    Lifted { now: i64 },
    /// They went at an unknown time. Those that began after `purged` were lifted; of others it is not known.
    Meanwhile { purged: i64, now: i64 },
    /// They went now, and how is not known, as when fail2ban was restarted.
    Unknown { now: i64 },
}

/// Notes that bans were lifted, here by `person` or elsewhere. None ends before it began: fail2ban's database rounds the
/// second in which a ban begins.
pub(crate) fn lifted(
    connection: &mut Connection,
    jail: &str,
    entries: &[Banned],
    person: Option<&str>,
    now: i64,
) -> Result<usize> {
    let writing = connection.transaction()?;
    let jail = jail_id(&writing, jail)?;
    let person = person.map(|person| id_of(&writing, "people", person)).transpose()?;
    let sql = "UPDATE bans SET how = 2, ended = max(?3, since), person = ?4 WHERE address = ?1 AND jail = ?2
               AND (how = 0 OR how = 2 AND person IS NULL AND ended > ?3 - ?5)";
    let mut number = 0;
    for entry in entries {
        let values = params![stored_entry(entry), jail, now, person, JUST_NOW];
        number += writing.prepare_cached(sql)?.execute(values)?;
    }
    writing.commit()?;
    Ok(number)
}

/// Notes which bans have run out by `now`. Returns their number. One that BanGUI keeps stands until it lifts it.
pub(crate) fn run_out(connection: &Connection, now: i64) -> Result<usize> {
    let sql = format!("UPDATE bans SET how = 1 WHERE how = 0 AND {END} <= ?1 AND NOT {IS_KEPT}");
    connection.prepare_cached(&sql)?.execute([now])
}

/// Forgets what was said to stand, before all that stands is named again.
pub(crate) fn begin_to_compare(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS standing (
             address ANY NOT NULL, jail INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (address, jail)
         ) WITHOUT ROWID;
         CREATE TEMP TABLE IF NOT EXISTS asked (jail INTEGER PRIMARY KEY);
         DELETE FROM temp.standing; DELETE FROM temp.asked;",
    )
}

/// Names some of what stands.
pub(crate) fn stands(connection: &mut Connection, bans: &[Standing]) -> Result<()> {
    let writing = connection.transaction()?;
    for ban in bans {
        let values = params![stored_entry(&ban.banned), jail_id(&writing, &ban.jail)?, ban.since.as_second()];
        writing
            .prepare_cached("INSERT OR REPLACE INTO temp.standing VALUES (?1, ?2, ?3)")?
            .execute(values)?;
    }
    writing.commit()
}

/// Names a jail whose list was read. Where there are such, the bans of others are left as they are.
pub(crate) fn is_asked(connection: &Connection, jail: &str) -> Result<()> {
    let jail = jail_id(connection, jail)?;
    connection.prepare_cached("INSERT OR IGNORE INTO temp.asked VALUES (?1)")?.execute([jail]).map(drop)
}

/// Notes the end of each ban that stood and was not named. Returns their number. One that BanGUI keeps goes on: where
/// fail2ban has lost it, BanGUI bans it again.
pub(crate) fn compare(connection: &Connection, gone: Gone) -> Result<usize> {
    let (now, lifted_after, ended) = match gone {
        Gone::Lifted { now } => (now, i64::MIN, Some(now)),
        Gone::Unknown { now } => (now, i64::MAX, Some(now)),
        Gone::Meanwhile { now, purged } => (now, purged, None),
    };
    // Whoever is banned anew was free before.
    let again =
        "(SELECT since FROM temp.standing AS now WHERE now.address = bans.address AND now.jail = bans.jail)";
    // Where it should still stand, fail2ban would not have purged it (`fail2ban/server/database.py`, `_purge_bips`).
    let is_lifted = format!("since > ?2 OR ?2 < ?1 AND coalesce({END} > ?1, TRUE)");
    let sql = format!(
        "UPDATE bans SET how = CASE WHEN {END} <= {again} THEN 1 WHEN {is_lifted} THEN 2 ELSE 3 END,
                         ended = max(coalesce(min(?3, {again}), {again}, ?3), since)
         WHERE how = 0 AND NOT {IS_KEPT} AND coalesce(abs({again} - since) > {ROUNDED}, TRUE)
         AND (NOT EXISTS (SELECT 1 FROM temp.asked) OR jail IN (SELECT jail FROM temp.asked))"
    );
    connection.execute(&sql, params![now, lifted_after, ended])
}
