//! Queries on the table of bans with an end of their own.

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row, params};

use crate::domain::address::Target;
use crate::domain::jail::JailName;
use crate::domain::timed_ban::{BanTerm, Seen, TimedBan};

use super::columns::Seconds;

const ALL: &str =
    "SELECT jail, target, reason, since, until, banned_by, is_seen, own_end, process FROM timed_bans
     WHERE ?1 IS NULL OR jail = ?1 ORDER BY jail, target";

/// Reads all, by jail.
pub(crate) fn all(connection: &Connection) -> Result<Vec<TimedBan>> {
    connection.prepare_cached(ALL)?.query_map([None::<JailName>], ban_of_row)?.collect()
}

/// Reads those of `jail`.
pub(crate) fn of_jail(connection: &Connection, jail: &JailName) -> Result<Vec<TimedBan>> {
    connection.prepare_cached(ALL)?.query_map([jail], ban_of_row)?.collect()
}

/// Adds a ban, which takes the place of that of the same target in the jail.
pub(crate) fn insert(connection: &Connection, ban: &TimedBan) -> Result<()> {
    connection.execute(
        "INSERT OR REPLACE INTO timed_bans (jail, target, reason, since, until, banned_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            ban.jail,
            ban.target,
            ban.term.reason,
            ban.since.as_second(),
            ban.term.until.map(Timestamp::as_second),
            ban.by
        ],
    )?;
    Ok(())
}

/// Notes how fail2ban tells of it.
pub(crate) fn set_seen(connection: &Connection, jail: &JailName, target: &Target, seen: Seen) -> Result<()> {
    let sql = "UPDATE timed_bans SET is_seen = 1, own_end = ?3, process = ?4 WHERE jail = ?1 AND target = ?2";
    let (own_end, process) = (seen.own_end.map(Timestamp::as_second), seen.process.map(Timestamp::as_second));
    connection.prepare_cached(sql)?.execute(params![jail, target, own_end, process])?;
    Ok(())
}

/// Removes that of `target`. Returns false if there was none.
pub(crate) fn remove(connection: &Connection, jail: &JailName, target: &Target) -> Result<bool> {
    let sql = "DELETE FROM timed_bans WHERE jail = ?1 AND target = ?2";
    Ok(connection.execute(sql, params![jail, target])? == 1)
}

fn ban_of_row(row: &Row<'_>) -> Result<TimedBan> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Seconds>>(column)?.map(|at| at.0));
    let seen = Seen { own_end: time(7)?, process: time(8)? };
    Ok(TimedBan {
        jail: row.get(0)?,
        target: row.get(1)?,
        term: BanTerm { reason: row.get(2)?, until: time(4)? },
        since: row.get::<_, Seconds>(3)?.0,
        by: row.get(5)?,
        seen: row.get::<_, bool>(6)?.then_some(seen),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage;

    #[tokio::test]
    async fn a_timed_ban_is_read_as_it_was_put_until_it_is_removed()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let (_directory, storage) = storage::temporary()?;
        let (jail, other): (JailName, JailName) = ("a jail".parse()?, "other".parse()?);
        let (target, since): (Target, _) = ("2001:db8::/32".parse()?, Timestamp::from_second(1000)?);
        let first = TimedBan {
            jail: jail.clone(),
            target,
            term: BanTerm { until: Some(Timestamp::from_second(2000)?), reason: "scraper".parse()? },
            since,
            by: "ann".to_owned(),
            seen: None,
        };
        let term = BanTerm { until: None, reason: "".parse()? };
        let second = TimedBan { term, by: "bob".to_owned(), ..first.clone() };
        let seen = Seen { own_end: None, process: Some(since) };
        storage
            .call(move |connection| {
                insert(connection, &first)?;
                assert_eq!(all(connection)?, std::slice::from_ref(&first));
                set_seen(connection, &jail, &target, seen)?;
                assert_eq!(of_jail(connection, &jail)?, [TimedBan { seen: Some(seen), ..first }]);
                insert(connection, &second)?;
                assert_eq!(of_jail(connection, &jail)?, [second]);
                assert!(of_jail(connection, &other)?.is_empty() && !remove(connection, &other, &target)?);
                assert!(remove(connection, &jail, &target)? && !remove(connection, &jail, &target)?);
                Ok(())
            })
            .await?;
        Ok(())
    }
}
