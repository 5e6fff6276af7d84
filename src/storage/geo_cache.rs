//! Queries on the table of answers from providers on the network.

use std::net::IpAddr;

use rusqlite::{Connection, Result, Row, params};

use crate::domain::geo::country::Country;
use crate::domain::geo::place::{NetworkProvider, Place, PlaceName};

use super::columns::Text;

/// Default number of entries that are kept; the oldest go first.
pub const MOST: u32 = 100_000;

/// A cached answer of one provider about one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The provider that was asked.
    pub provider: NetworkProvider,
    /// The time of the last request, in seconds since 1970.
    pub(crate) asked_at: i64,
    /// The last answer, and its time.
    pub answer: Option<(i64, Place)>,
    /// The reason that the last request failed.
    pub(crate) failure: Option<String>,
}

/// The result of asking a provider about one address: its answer, or why there is none.
pub type Outcome = (IpAddr, std::result::Result<Place, String>);

/// The cache in numbers. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheFigures {
    /// Number of entries.
    pub entries: i64,
    /// Number of entries whose last request failed.
    pub failures: i64,
    /// Number of bytes that they take in the database.
    pub bytes: i64,
    /// The time of the oldest answer.
    pub(crate) oldest: Option<i64>,
    /// The time of the newest answer.
    pub newest: Option<i64>,
}

/// Reads the entries of `address`, one for each provider that was asked.
pub(crate) fn entries_of(connection: &Connection, address: IpAddr) -> Result<Vec<Entry>> {
    let sql = "SELECT provider, asked_at, answered_at, failure, country, region, city, asn, organisation, reverse_name
               FROM geo_cache WHERE address = ?1";
    connection.prepare_cached(sql)?.query_map([Text(address)], entry)?.collect()
}

/// Stores the results of asking about some addresses, all or none, and drops the oldest entries beyond
/// `most`. A failure leaves the earlier answer.
pub fn insert(
    connection: &mut Connection,
    provider: NetworkProvider,
    now: i64,
    outcomes: &[Outcome],
    most: u32,
) -> Result<()> {
    let writing = connection.transaction()?;
    for (address, outcome) in outcomes {
        match outcome {
            Ok(place) => answered(&writing, provider, now, *address, place)?,
            Err(why) => failed(&writing, provider, now, *address, why)?,
        }
    }
    writing
        .prepare_cached(
            "DELETE FROM geo_cache WHERE (address, provider) IN (
                 SELECT address, provider FROM geo_cache ORDER BY asked_at
                 LIMIT max(0, (SELECT count(*) FROM geo_cache) - ?1))",
        )?
        .execute([most])?;
    writing.commit()
}

fn answered(
    connection: &Connection,
    provider: NetworkProvider,
    now: i64,
    address: IpAddr,
    place: &Place,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO geo_cache (address, provider, asked_at, answered_at, country, region, city, asn,
             organisation, reverse_name)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        Text(address),
        provider,
        now,
        place.country.map(Country::code),
        place.region.as_ref().map(PlaceName::as_str),
        place.city.as_ref().map(PlaceName::as_str),
        place.asn,
        place.organisation.as_ref().map(PlaceName::as_str),
        place.reverse_name.as_ref().map(PlaceName::as_str),
    ])?;
    Ok(())
}

fn failed(
    connection: &Connection,
    provider: NetworkProvider,
    now: i64,
    address: IpAddr,
    why: &str,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO geo_cache (address, provider, asked_at, failure) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (address, provider) DO UPDATE SET asked_at = excluded.asked_at, failure = excluded.failure",
    )?;
    statement.execute(params![Text(address), provider, now, why])?;
    Ok(())
}

/// Removes everything. Returns the number of entries.
pub fn empty(connection: &Connection) -> Result<usize> {
    connection.execute("DELETE FROM geo_cache", [])
}

/// Removes the latest `most` failures of `provider`, but no earlier answer. Returns their
/// addresses, and the number of failures that are left.
pub(crate) fn forget_failures(
    connection: &mut Connection,
    provider: NetworkProvider,
    most: usize,
) -> Result<(Vec<IpAddr>, usize)> {
    let writing = connection.transaction()?;
    let sql = "SELECT address FROM geo_cache WHERE provider = ?1 AND failure IS NOT NULL
               ORDER BY asked_at DESC LIMIT ?2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let addresses = writing
        .prepare_cached(sql)?
        .query_map(params![provider, most], |row| row.get::<_, Text<IpAddr>>(0))?
        .collect::<Result<Vec<_>>>()?;
    let delete = "DELETE FROM geo_cache WHERE provider = ?1 AND address = ?2 AND failure IS NOT NULL AND answered_at IS NULL";
    let update = "UPDATE geo_cache SET failure = NULL, asked_at = answered_at
                  WHERE provider = ?1 AND address = ?2 AND failure IS NOT NULL";
    for address in &addresses {
        for sql in [delete, update] {
            writing.prepare_cached(sql)?.execute(params![provider, address])?;
        }
    }
    let sql = "SELECT count(*) FROM geo_cache WHERE provider = ?1 AND failure IS NOT NULL";
    let left: u32 = writing.prepare_cached(sql)?.query_row([provider], |row| row.get(0))?;
    writing.commit()?;
    Ok((addresses.into_iter().map(|address| address.0).collect(), left as usize))
}

/// Counts the cache.
pub fn figures(connection: &Connection) -> Result<CacheFigures> {
    let sql = "SELECT count(*), count(failure), min(answered_at), max(answered_at) FROM geo_cache";
    let figures = connection.prepare_cached(sql)?.query_row([], |row| {
        Ok(CacheFigures {
            entries: row.get(0)?,
            failures: row.get(1)?,
            bytes: 0,
            oldest: row.get(2)?,
            newest: row.get(3)?,
        })
    })?;
    let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ('geo_cache', 'geo_cache_by_age')";
    let bytes = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(CacheFigures { bytes, ..figures })
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    let name = |column| -> Result<Option<PlaceName>> {
        Ok(row.get::<_, Option<String>>(column)?.as_deref().and_then(PlaceName::clean))
    };
    let place = Place {
        country: row.get::<_, Option<String>>(4)?.as_deref().and_then(Country::from_code),
        region: name(5)?,
        city: name(6)?,
        asn: row.get(7)?,
        network: None,
        organisation: name(8)?,
        reverse_name: name(9)?,
    };
    let answered_at: Option<i64> = row.get(2)?;
    Ok(Entry {
        provider: row.get(0)?,
        asked_at: row.get(1)?,
        answer: answered_at.map(|at| (at, place)),
        failure: row.get(3)?,
    })
}

#[cfg(test)]
mod tests;
