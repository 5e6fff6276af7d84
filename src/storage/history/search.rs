//! Reading the record, some tens of thousands of bans at a time.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension, Result, Transaction};

use crate::domain::ban::order::Direction;
use crate::domain::history::{HistoryPage, HistoryQuery, HistorySort, RecordedBan};
use crate::storage::columns::Seconds;

use super::places;
use super::window::{WINDOW, Window, jail_number};

/// Number of gaps that a page names.
const MOST_GAPS: u32 = 20;
const MOST_JAILS: u32 = 500;
const HOUR: i64 = 3600;
/// No limit, in SQLite's words.
const ALL: i64 = -1;

/// Reads a page of the record.
pub(crate) fn page(connection: &mut Connection, query: &HistoryQuery) -> Result<HistoryPage> {
    page_of(connection, query, WINDOW)
}

pub(super) fn page_of(connection: &mut Connection, query: &HistoryQuery, size: usize) -> Result<HistoryPage> {
    let reading = connection.transaction()?;
    let Some(window) = Window::of(&reading, query, size)? else { return empty_page(&reading, query) };
    let (bans, matching, page, pages) = if query.sort == HistorySort::Banned {
        let matching = window.count(&reading)?;
        let pages = matching.div_ceil(query.per_page).max(1);
        let page = query.page.clamp(1, pages);
        (
            window.rows(
                &reading,
                i64::try_from(query.per_page).unwrap_or(ALL),
                (page - 1) * query.per_page,
            )?,
            matching,
            page,
            pages,
        )
    } else {
        let mut all = window.rows(&reading, ALL, 0)?;
        sort(&mut all, query);
        let pages = all.len().div_ceil(query.per_page).max(1);
        let page = query.page.clamp(1, pages);
        let matching = all.len();
        let shown = all.into_iter().skip((page - 1) * query.per_page).take(query.per_page).collect();
        (shown, matching, page, pages)
    };
    Ok(HistoryPage { bans, matching, page, pages, next: window.next, ..empty_page(&reading, query)? })
}

/// Reads the matching bans of one window, and the second at which the next one begins.
pub(crate) fn rows(
    connection: &mut Connection,
    query: &HistoryQuery,
    size: usize,
) -> Result<(Vec<RecordedBan>, Option<i64>)> {
    let reading = connection.transaction()?;
    match Window::of(&reading, query, size)? {
        Some(window) => Ok((window.rows(&reading, ALL, 0)?, window.next)),
        None => Ok((Vec::new(), None)),
    }
}

fn empty_page(reading: &Transaction<'_>, query: &HistoryQuery) -> Result<HistoryPage> {
    let jails = reading
        .prepare_cached("SELECT name FROM jails ORDER BY name LIMIT ?1")?
        .query_map([MOST_JAILS], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let begins = reading
        .query_row("SELECT since FROM bans ORDER BY since LIMIT 1", [], |row| row.get::<_, Seconds>(0))
        .optional()?;
    Ok(HistoryPage {
        page: 1,
        pages: 1,
        all: count_all(reading, query)?,
        gaps: places::gaps(reading, query.between, MOST_GAPS)?,
        begins: begins.map(|begins| begins.0),
        jails,
        ..HistoryPage::default()
    })
}

/// Counts the bans that began in a time and a jail: whole hours by their sums, the rest one by one.
pub(super) fn count_all(reading: &Transaction<'_>, query: &HistoryQuery) -> Result<u64> {
    let (since, until) = query.between;
    let jail = match &query.jail {
        None => None,
        Some(jail) => match jail_number(reading, jail)? {
            None => return Ok(0),
            number => number,
        },
    };
    let (first, last) = (since.saturating_add(HOUR - 1).div_euclid(HOUR), until.div_euclid(HOUR));
    let of_jail = if jail.is_some() { "jail = ?3" } else { "?3 IS NULL" };
    let hours =
        format!("SELECT coalesce(sum(bans), 0) FROM hours WHERE hour >= ?1 AND hour < ?2 AND {of_jail}");
    let single = format!("SELECT count(*) FROM bans WHERE since >= ?1 AND since < ?2 AND {of_jail}");
    let number = |sql: &str, from: i64, to: i64| {
        reading.prepare_cached(sql)?.query_row((from, to, jail), |row| row.get::<_, u64>(0))
    };
    if first >= last {
        return number(&single, since, until);
    }
    Ok(number(&hours, first, last)?
        + number(&single, since, first * HOUR)?
        + number(&single, last * HOUR, until)?)
}

fn sort(bans: &mut [RecordedBan], query: &HistoryQuery) {
    let direction = query.direction;
    match query.sort {
        HistorySort::Banned => {}
        HistorySort::Ip => bans.sort_by(|a, b| turned(a.banned.cmp(&b.banned), direction)),
        HistorySort::Country => bans.sort_by(|a, b| turned(a.origin.cmp(&b.origin), direction)),
        HistorySort::Ended => bans.sort_by(|a, b| turned(a.ending.cmp(&b.ending), direction)),
        HistorySort::Jail => bans.sort_by(|a, b| turned(a.jail.cmp(&b.jail), direction)),
        HistorySort::Expires => bans.sort_by(|a, b| unknown_last(a.ends, b.ends, direction)),
        HistorySort::Length => bans.sort_by(|a, b| unknown_last(a.length, b.length, direction)),
        HistorySort::Number => bans.sort_by(|a, b| unknown_last(a.count, b.count, direction)),
    }
}

fn turned(order: Ordering, direction: Direction) -> Ordering {
    if direction == Direction::Descending { order.reverse() } else { order }
}

/// What is not known comes last in both directions.
fn unknown_last<T: Ord>(a: Option<T>, b: Option<T>, direction: Direction) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => turned(a.cmp(&b), direction),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
