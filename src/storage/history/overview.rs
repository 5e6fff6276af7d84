//! The record in figures, from sums that are kept beside the bans: however many there are, few rows are read.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};

use crate::domain::geo::origin::Origin;
use crate::domain::history::{HistoryQuery, RecordGap, RecordedBan};
use crate::domain::overview::{JailRate, Overview, OverviewQuery, Today};
use crate::storage::columns::Seconds;

use super::fields::{origin, stored_origin};
use super::newest::{LOOKED_AT, Newest, addresses, returning};
use super::window::{Window, jail_number};
use super::{places, search};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
const MOST_LATEST: usize = 8;
const MOST_GAPS: u32 = 400;
/// Days from which a jail's usual is known, and the fewest of them that tell it.
const USUAL_DAYS: i64 = 28;
const FEWEST_DAYS: i64 = 7;

/// Reads the figures that `query` asks for.
pub(crate) fn read(connection: &mut Connection, query: &OverviewQuery) -> Result<Overview> {
    let reading = connection.transaction()?;
    let names = names(&reading)?;
    let begins = reading
        .query_row("SELECT since FROM bans ORDER BY since LIMIT 1", [], |row| row.get::<_, Seconds>(0))
        .optional()?
        .map(|begins| begins.0);
    let (since, until) = query.between();
    let chart = (query.edges.first().copied().unwrap_or(since), query.edges.last().copied().unwrap_or(until));
    let chosen = query.jail.as_deref().map(|jail| jail_number(&reading, jail)).transpose()?.flatten();
    let is_strange = query.jail.is_some() && chosen.is_none();
    let (bars, jails) = bars(&reading, query, &names)?;
    let narrowed = jails.iter().filter(|(name, _)| query.jail.as_ref().is_none_or(|jail| jail == name));
    let sum = narrowed.map(|(_, bans)| bans).sum();
    let begin = begins.map(jiff::Timestamp::as_second);
    let mut told = Overview { bars, jails, bans: sum, begins, ..Overview::default() };
    told.gaps = places::gaps(&reading, chart, MOST_GAPS)?;
    if let Some(begin) = begin {
        told.today = today(&reading, query, begin)?;
        told.rates = rates(&reading, query.today.1, begin, &names)?;
    }
    if !is_strange {
        told.origins = origins(&reading, (since, until), chosen.unwrap_or(ALL_JAILS))?;
        let newest = Newest::of(query, chosen);
        (told.returning, told.looked_at) = returning(&reading, &newest)?;
        if query.wants_addresses {
            told.addresses = addresses(&reading, &newest)?;
        }
        told.latest = latest(&reading, query)?;
    }
    Ok(told)
}

/// The number that stands for all jails in the sums by day.
const ALL_JAILS: i64 = 0;
/// The text that stands for all origins there.
const ALL_ORIGINS: &str = "*";

fn names(reading: &Transaction<'_>) -> Result<HashMap<i64, String>> {
    reading
        .prepare_cached("SELECT id, name FROM jails")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The bars by jail, and the jails of those that are chosen.
type Bars = (Vec<Vec<(usize, u64)>>, Vec<(String, u64)>);

fn bars(reading: &Transaction<'_>, query: &OverviewQuery, names: &HashMap<i64, String>) -> Result<Bars> {
    let mut sums: Vec<HashMap<i64, u64>> = vec![HashMap::new(); query.edges.len().saturating_sub(1)];
    by_time(reading, query, |at, jail, bans| {
        let bar = query.edges.partition_point(|edge| *edge <= at).checked_sub(1);
        if let Some(bar) = bar.and_then(|bar| sums.get_mut(bar)) {
            *bar.entry(jail).or_default() += bans;
        }
    })?;
    let mut totals: HashMap<i64, u64> = HashMap::new();
    let narrowed = sums.iter().enumerate().filter(|(at, _)| query.bar.is_none_or(|bar| bar == *at));
    for (jail, bans) in narrowed.flat_map(|(_, bar)| bar) {
        *totals.entry(*jail).or_default() += bans;
    }
    // A jail without bans in the chosen bar still has its place in the others.
    for jail in sums.iter().flat_map(HashMap::keys) {
        totals.entry(*jail).or_default();
    }
    let name = |jail: &i64| names.get(jail).cloned().unwrap_or_default();
    let mut jails: Vec<(i64, String, u64)> =
        totals.iter().map(|(jail, bans)| (*jail, name(jail), *bans)).collect();
    jails.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.1.cmp(&b.1)));
    let bar = |sums: &HashMap<i64, u64>| {
        let own = jails.iter().enumerate().filter_map(|(place, (jail, ..))| Some((place, *sums.get(jail)?)));
        own.collect()
    };
    let bars = sums.iter().map(bar).collect();
    Ok((bars, jails.into_iter().map(|(_, name, bans)| (name, bans)).collect()))
}

/// Calls `add` with sums: their time, jail and number.
fn by_time(
    reading: &Transaction<'_>,
    query: &OverviewQuery,
    mut add: impl FnMut(i64, i64, u64),
) -> Result<()> {
    let (Some(&since), Some(&until)) = (query.edges.first(), query.edges.last()) else { return Ok(()) };
    let is_daily = query.edges.iter().all(|edge| edge % DAY == 0);
    let origin = query.origin.map(|origin| stored_origin(origin).unwrap_or_default());
    let (sql, unit) = match (origin, is_daily) {
        (None, false) => {
            ("SELECT hour, jail, bans FROM hours WHERE hour >= ?1 AND hour < ?2 AND ?3 IS NULL", HOUR)
        }
        (None, true) => (
            "SELECT day, jail, bans FROM days INDEXED BY days_by_origin
             WHERE origin = '*' AND day >= ?1 AND day < ?2 AND ?3 IS NULL",
            DAY,
        ),
        (Some(_), true) => (
            "SELECT day, jail, bans FROM days INDEXED BY days_by_origin
             WHERE origin = ?3 AND day >= ?1 AND day < ?2 AND jail <> 0",
            DAY,
        ),
        (Some(_), false) => (
            "SELECT since, jail, 1 FROM bans INDEXED BY bans_by_origin
             WHERE origin IS nullif(?3, '') AND since >= ?1 AND since < ?2",
            1,
        ),
    };
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query(params![since / unit, until / unit, origin])?;
    while let Some(row) = rows.next()? {
        add(row.get::<_, i64>(0)? * unit, row.get(1)?, row.get(2)?);
    }
    Ok(())
}

/// The origins of the bans of a jail between two times: whole days by their sums, the rest one by one.
fn origins(reading: &Transaction<'_>, (since, until): (i64, i64), jail: i64) -> Result<Vec<(Origin, u64)>> {
    let mut sums: HashMap<Origin, u64> = HashMap::new();
    let mut read = |sql: &str, from: i64, to: i64| -> Result<()> {
        let mut statement = reading.prepare_cached(sql)?;
        let mut rows = statement.query(params![jail, from, to, ALL_ORIGINS])?;
        while let Some(row) = rows.next()? {
            let stored: Option<String> = row.get(0)?;
            *sums.entry(origin(stored.as_deref())).or_default() += row.get::<_, u64>(1)?;
        }
        Ok(())
    };
    let single = "SELECT origin, count(*) FROM bans WHERE since >= ?2 AND since < ?3
                  AND (?1 = 0 OR jail = ?1) AND ?4 IS NOT NULL GROUP BY origin";
    let (first, last) = (since.saturating_add(DAY - 1).div_euclid(DAY), until.div_euclid(DAY));
    if first >= last {
        read(single, since, until)?;
    } else {
        let whole =
            "SELECT origin, sum(bans) FROM days WHERE jail = ?1 AND day >= ?2 AND day < ?3 AND origin <> ?4
                     GROUP BY origin";
        read(whole, first, last)?;
        read(single, since, first * DAY)?;
        read(single, last * DAY, until)?;
    }
    let mut origins: Vec<(Origin, u64)> = sums.into_iter().collect();
    origins.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(origins)
}

fn latest(reading: &Transaction<'_>, query: &OverviewQuery) -> Result<Vec<RecordedBan>> {
    let (jail, origin) = (query.jail.clone(), query.origin);
    let query = HistoryQuery { jail, origin, ..HistoryQuery::newest(query.between()) };
    // Of the bans that an index finds, those that match may be few and old.
    let Some(window) = Window::of(reading, &query, LOOKED_AT)? else { return Ok(Vec::new()) };
    window.rows(reading, i64::try_from(MOST_LATEST).unwrap_or(i64::MAX), 0)
}

/// Today's bans of all jails and countries, whatever is chosen.
fn today(reading: &Transaction<'_>, query: &OverviewQuery, begin: i64) -> Result<Today> {
    let count_all = |between: (i64, i64)| search::count_all(reading, &HistoryQuery::newest(between));
    let count = |between: (i64, i64)| -> Result<Option<u64>> {
        let is_known = begin <= between.0 && places::gaps(reading, between, 1)?.is_empty();
        is_known.then(|| count_all(between)).transpose()
    };
    // Of a day that has a gap, or that is older than the record, what is there is told all the same.
    let bans = Some(count_all(query.today)?);
    let weekdays: Vec<u64> =
        query.weekdays.iter().filter_map(|day| count(*day).transpose()).collect::<Result<_>>()?;
    let number = u64::try_from(weekdays.len()).unwrap_or(u64::MAX);
    let weekday = (number > 1).then(|| (weekdays.iter().sum::<u64>() + number / 2) / number);
    Ok(Today { bans, yesterday: count(query.yesterday)?, weekday })
}

/// The jails' bans of the last 24 hours beside their usual; none where the record is too young to tell.
fn rates(
    reading: &Transaction<'_>,
    now: i64,
    begin: i64,
    names: &HashMap<i64, String>,
) -> Result<Vec<JailRate>> {
    let last = now.div_euclid(DAY);
    let first = last - USUAL_DAYS;
    let (since, until) = ((first * DAY).max(begin), last * DAY);
    let gaps = places::gaps(reading, (since, until), MOST_GAPS)?;
    let overlap = |gap: &RecordGap| gap.until.as_second().min(until) - gap.since.as_second().max(since);
    let covered = until - since - gaps.iter().map(overlap).sum::<i64>();
    if covered < FEWEST_DAYS * DAY || !places::gaps(reading, (now - DAY, now), 1)?.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT jail, sum(bans) FROM days INDEXED BY days_by_origin
               WHERE origin = '*' AND day >= ?1 AND day < ?2 GROUP BY jail";
    let usual = sums(reading, sql, first, last)?;
    let sql = "SELECT jail, sum(bans) FROM hours WHERE hour >= ?1 AND hour < ?2 GROUP BY jail";
    let hour = now.div_euclid(HOUR) + 1;
    let recent = sums(reading, sql, hour - DAY / HOUR, hour)?;
    let covered = u64::try_from(covered).unwrap_or(u64::MAX).max(1);
    let rate = |(id, name): (&i64, &String)| {
        let tenths =
            u128::from(usual.get(id).copied().unwrap_or_default()) * 10 * 86_400 / u128::from(covered);
        JailRate {
            jail: name.clone(),
            last_day: recent.get(id).copied().unwrap_or_default(),
            usual_tenths: u64::try_from(tenths).unwrap_or(u64::MAX),
        }
    };
    let mut rates: Vec<JailRate> = names.iter().map(rate).collect();
    rates.sort_by(|a, b| a.jail.cmp(&b.jail));
    Ok(rates)
}

fn sums(reading: &Transaction<'_>, sql: &str, from: i64, to: i64) -> Result<HashMap<i64, u64>> {
    reading.prepare_cached(sql)?.query_map([from, to], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
