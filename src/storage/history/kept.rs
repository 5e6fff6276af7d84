//! Bans that BanGUI keeps until an end of their own. fail2ban may make several of one, as after a restart: they are one
//! ban, which goes on.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::domain::address::Banned;
use crate::domain::jail::Length;

use super::fields::stored_entry;
use super::names::jail_id;
use super::record::{NewRecord, ROUNDED};

/// A condition on a row of `bans`: BanGUI keeps a ban of that entry.
pub(super) const IS_KEPT: &str =
    "EXISTS (SELECT 1 FROM kept WHERE kept.address = bans.address AND kept.jail = bans.jail)";

/// Seconds between the start of a ban and the moment when its end was noted: its length is what was asked for.
const AT_ONCE: i64 = 10;

/// A row: its jail, its entry, its start, its end.
type Stored = (i64, Value, i64, Option<i64>);

/// A ban that BanGUI keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    /// When somebody gave it its own end.
    pub(crate) since: Timestamp,
    /// `None` for never.
    pub(crate) until: Option<Timestamp>,
}

impl Kept {
    /// The length of the same ban, counted from `since`.
    fn length(&self, since: Timestamp) -> Length {
        let Some(until) = self.until else { return Length::Permanent };
        let is_same = since.as_second().abs_diff(self.since.as_second()) <= AT_ONCE.unsigned_abs();
        let since = if is_same { self.since } else { since };
        Length::Seconds(u64::try_from(until.as_second() - since.as_second()).unwrap_or(0))
    }
}

/// Names all bans that BanGUI keeps now. Those that stand by the record get their own end.
pub(crate) fn set(connection: &mut Connection, bans: &[Kept]) -> Result<()> {
    let writing = connection.transaction()?;
    let rows = bans.iter().map(|ban| {
        let (since, until) = (ban.since.as_second(), ban.until.map(Timestamp::as_second));
        Ok((jail_id(&writing, &ban.jail)?, stored_entry(&ban.banned), since, until))
    });
    let mut rows = rows.collect::<Result<Vec<Stored>>>()?;
    rows.sort_by(|a, b| (a.0, key(&a.1)).cmp(&(b.0, key(&b.1))));
    let known = writing
        .prepare_cached("SELECT jail, address, since, until FROM kept ORDER BY jail, address")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<Vec<Stored>>>()?;
    // Nothing is written while nothing changes.
    if known == rows {
        return Ok(());
    }
    writing.execute("DELETE FROM kept", [])?;
    for (jail, address, since, until) in rows {
        writing
            .prepare_cached("INSERT OR REPLACE INTO kept VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![jail, address, since, until])?;
        writing
            .prepare_cached(
                "UPDATE bans SET length = coalesce(max(?3 - iif(abs(since - ?4) <= ?5, ?4, since), 0), -1)
                 WHERE how = 0 AND jail = ?1 AND address = ?2",
            )?
            .execute(params![jail, address, until, since, AT_ONCE])?;
    }
    writing.commit()
}

/// The bytes by which SQLite sorts an entry.
fn key(entry: &Value) -> &[u8] {
    match entry {
        Value::Blob(bytes) => bytes,
        Value::Text(text) => text.as_bytes(),
        Value::Null | Value::Integer(_) | Value::Real(_) => &[],
    }
}

/// The ban as it is to be recorded, with its own end where it has one; `None` where it is a ban that stands and goes on.
pub(super) fn own<'a>(
    connection: &Connection,
    jail: i64,
    ban: &'a NewRecord,
) -> Result<Option<Cow<'a, NewRecord>>> {
    let Some(kept) = kept(connection, jail, ban)? else { return Ok(Some(Cow::Borrowed(ban))) };
    let sql = "SELECT 1 FROM bans WHERE how = 0 AND address = ?1 AND jail = ?2 AND since < ?3";
    let earlier = params![stored_entry(&ban.banned), jail, ban.since.as_second() - ROUNDED];
    if connection.prepare_cached(sql)?.exists(earlier)? {
        return Ok(None);
    }
    Ok(Some(Cow::Owned(NewRecord { length: Some(kept.length(ban.since)), ..ban.clone() })))
}

/// What BanGUI keeps of the entry, unless `ban` was over before that began.
fn kept(connection: &Connection, jail: i64, ban: &NewRecord) -> Result<Option<Kept>> {
    let sql = "SELECT since, until FROM kept WHERE jail = ?1 AND address = ?2";
    let found = connection.prepare_cached(sql)?.query_row(params![jail, stored_entry(&ban.banned)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
    });
    let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    let kept = found.optional()?.map(|(since, until)| Kept {
        jail: ban.jail.clone(),
        banned: ban.banned.clone(),
        since: at(since),
        until: until.map(at),
    });
    Ok(kept.filter(|kept| !ban.is_over(kept.since.as_second())))
}
