//! The newest bans that a dashboard looks into one by one.

use std::net::IpAddr;

use rusqlite::{Result, Transaction};

use crate::domain::address::{Banned, Target};
use crate::domain::overview::{OverviewQuery, Returning};

use super::fields::{entry, stored_origin};

/// Number of bans among which the latest, and those that came back, are looked for.
pub(super) const LOOKED_AT: usize = 5_000;
/// Number of bans whose places are asked for.
const MOST_PLACED: usize = 1_000;
const MOST_RETURNING: u32 = 8;
/// Number of entries whose bans are counted for that.
const MOST_COUNTED: u32 = 3 * MOST_RETURNING;

/// The newest bans that a query finds, as an SQL query for their addresses and jails.
pub(super) struct Newest {
    sql: String,
    /// What holds for those that match, of the ones that were looked at.
    rest: &'static str,
    since: i64,
    until: i64,
    jail: Option<i64>,
    origin: Option<&'static str>,
}

impl Newest {
    pub(super) fn of(query: &OverviewQuery, jail: Option<i64>) -> Self {
        let index = match (jail, query.origin) {
            (Some(_), _) => "INDEXED BY bans_by_jail",
            (None, Some(_)) => "INDEXED BY bans_by_origin",
            (None, None) => "",
        };
        let of_jail = if jail.is_some() { "jail = ?3" } else { "?3 IS NULL" };
        let of_origin = if query.origin.is_some() { "origin IS ?4" } else { "?4 IS NULL" };
        // No index has both: a jail's bans are looked at whatever their origin, so that a rare one costs no more.
        let (in_reading, rest) =
            if jail.is_some() { ("?4 IS ?4", of_origin) } else { (of_origin, "?4 IS ?4") };
        let sql = format!(
            "SELECT address, jail, origin FROM bans {index}
             WHERE since >= ?1 AND since < ?2 AND {of_jail} AND {in_reading} ORDER BY since DESC LIMIT {LOOKED_AT}"
        );
        let (since, until) = query.between();
        Self { sql, rest, since, until, jail, origin: query.origin.and_then(stored_origin) }
    }

    fn values(&self) -> (i64, i64, Option<i64>, Option<&'static str>) {
        (self.since, self.until, self.jail, self.origin)
    }
}

/// The entries that came back: those that did so most among the newest bans, each with all of its bans that the query
/// finds. The number of bans that were looked at, where there are more.
pub(super) fn returning(
    reading: &Transaction<'_>,
    newest: &Newest,
) -> Result<(Vec<Returning>, Option<usize>)> {
    let Newest { sql, rest, .. } = newest;
    let number: usize = reading
        .prepare_cached(&format!("SELECT count(*) FROM ({sql})"))?
        .query_row(newest.values(), |row| row.get(0))?;
    let sql = format!(
        "WITH often AS (
             SELECT address FROM ({sql}) WHERE {rest}
             GROUP BY address HAVING count(*) > 1 ORDER BY count(*) DESC, address LIMIT {MOST_COUNTED}
         )
         SELECT address, count(*) AS bans, count(DISTINCT jail) FROM often CROSS JOIN bans INDEXED BY bans_by_address
         USING (address) WHERE since >= ?1 AND since < ?2 AND (?3 IS NULL OR jail = ?3) AND {rest}
         GROUP BY address ORDER BY bans DESC, address LIMIT {MOST_RETURNING}"
    );
    let mut statement = reading.prepare_cached(&sql)?;
    let rows = statement.query_map(newest.values(), |row| {
        let (bans, jails) = (row.get(1)?, row.get(2)?);
        Ok(entry(row.get_ref(0)?).map(|banned| Returning { banned, bans, jails }))
    })?;
    let returning = rows.filter_map(Result::transpose).collect::<Result<_>>()?;
    Ok((returning, (number == LOOKED_AT).then_some(number)))
}

/// The addresses of the newest bans, each as often as it was banned.
pub(super) fn addresses(reading: &Transaction<'_>, newest: &Newest) -> Result<Vec<IpAddr>> {
    let sql = format!("SELECT address FROM ({}) WHERE {} LIMIT {MOST_PLACED}", newest.sql, newest.rest);
    let mut statement = reading.prepare_cached(&sql)?;
    let rows = statement.query_map(newest.values(), |row| {
        Ok(match entry(row.get_ref(0)?) {
            Some(Banned::Target(Target::Address(address))) => Some(address),
            Some(Banned::Target(Target::Network(_)) | Banned::Text(_)) | None => None,
        })
    })?;
    rows.filter_map(Result::transpose).collect()
}
