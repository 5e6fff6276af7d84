//! The bans that one request looks at: those of a time that ends after so many of an index.

use rusqlite::types::{ToSql, Value};
use rusqlite::{OptionalExtension, Result, Row, Transaction};

use crate::domain::address::{Banned, Target};
use crate::domain::history::{Ending, HistoryQuery, RecordedBan};
use crate::storage::columns::Seconds;

use super::fields::{ending, entry, how, length, octets, origin, stored_entry, stored_origin};

/// Number of bans that one request looks at. Whoever looks for others asks again.
pub(super) const WINDOW: usize = 10_000;

/// A part of the record.
pub(super) struct Window {
    /// Names the index, which is not left to SQLite: it knows nothing of the numbers of rows.
    index: &'static str,
    /// What every row satisfies that is looked at; begins with AND.
    of_index: String,
    /// What every row satisfies that is found.
    rest: String,
    values: Vec<(&'static str, Value)>,
    /// Seconds since 1970.
    begin: i64,
    end: i64,
    is_oldest_first: bool,
    /// The second at which the next window begins.
    pub(super) next: Option<i64>,
}

/// A condition, and the index that finds what satisfies it in the order of time.
type Condition = (Option<&'static str>, String);

impl Window {
    /// The window of `query` with about `size` bans; `None` where nothing can match.
    pub(super) fn of(reading: &Transaction<'_>, query: &HistoryQuery, size: usize) -> Result<Option<Self>> {
        let (mut begin, mut end) = query.between;
        let is_oldest_first = query.is_oldest_first();
        match query.at {
            Some(at) if is_oldest_first => begin = begin.max(at),
            Some(at) => end = end.min(at.saturating_add(1)),
            None => {}
        }
        let (values, of_index, next) = (Vec::new(), String::new(), None);
        let rest = "TRUE".to_owned();
        let mut window = Self { index: "", of_index, rest, values, begin, end, is_oldest_first, next };
        let Some(conditions) = window.conditions(reading, query)? else { return Ok(None) };
        window.choose(conditions);
        window.limit(reading, size)?;
        Ok(Some(window))
    }

    /// The conditions of `query`, the most selective first; `None` where nothing satisfies them.
    fn conditions(
        &mut self,
        reading: &Transaction<'_>,
        query: &HistoryQuery,
    ) -> Result<Option<Vec<Condition>>> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(entry) = &query.entry {
            conditions.push(self.of_entry(reading, entry)?);
        }
        if let Some(ending) = query.ending {
            let index = match ending {
                Ending::Standing => Some("bans_standing"),
                Ending::Lifted => Some("bans_lifted"),
                Ending::Unknown => Some("bans_unknown"),
                Ending::RanOut => None,
            };
            // A literal, so that it is the condition of the index.
            conditions.push((index, format!("how = {}", how(ending))));
        }
        if let Some(jail) = &query.jail {
            let Some(jail) = jail_number(reading, jail)? else { return Ok(None) };
            self.values.push((":jail", jail.into()));
            conditions.push((Some("bans_by_jail"), "jail = :jail".to_owned()));
        }
        if let Some(origin) = query.origin {
            let stored = stored_origin(origin).map_or(Value::Null, |slug| slug.to_owned().into());
            self.values.push((":origin", stored));
            conditions.push((Some("bans_by_origin"), "origin IS :origin".to_owned()));
        }
        Ok(Some(conditions))
    }

    fn of_entry(&mut self, reading: &Transaction<'_>, entry: &Banned) -> Result<Condition> {
        let Banned::Target(Target::Network(network)) = entry else {
            self.values.push((":entry", stored_entry(entry)));
            return Ok((Some("bans_by_address"), "address = :entry".to_owned()));
        };
        let (first, mut last) = (octets(network.network()), octets(network.broadcast()));
        let shortest = first.len();
        // Behind every network that begins at the last address.
        last.push(u8::MAX);
        self.values.extend([(":first", Value::Blob(first)), (":last", Value::Blob(last))]);
        let range = "address BETWEEN :first AND :last".to_owned();
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM bans WHERE {range} LIMIT {})", WINDOW + 1);
        let number: usize = self
            .with_values(&sql, |values| reading.prepare_cached(&sql)?.query_row(values, |row| row.get(0)))?;
        // Too many for their index, which has them in another order, are looked for in that of time.
        let index = (number <= WINDOW).then_some("bans_by_address");
        // An IPv6 address may begin with the same bytes as an IPv4 network.
        Ok((index, format!("{range} AND octet_length(address) BETWEEN {shortest} AND {shortest} + 1")))
    }

    fn choose(&mut self, mut conditions: Vec<Condition>) {
        if let Some(place) = conditions.iter().position(|(index, _)| index.is_some()) {
            let (index, condition) = conditions.remove(place);
            self.index = index.unwrap_or_default();
            self.of_index = format!(" AND {condition}");
        }
        if !conditions.is_empty() {
            self.rest =
                conditions.into_iter().map(|(_, condition)| condition).collect::<Vec<_>>().join(" AND ");
        }
    }

    /// Ends the window after so many bans, between two seconds.
    fn limit(&mut self, reading: &Transaction<'_>, size: usize) -> Result<()> {
        let sql =
            format!("SELECT since {} ORDER BY since {} LIMIT 1 OFFSET {size}", self.from(), self.order());
        let beyond: Option<i64> = self.with_values(&sql, |values| {
            reading.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()
        })?;
        let Some(beyond) = beyond else { return Ok(()) };
        if self.is_oldest_first {
            self.end = beyond.max(self.begin.saturating_add(1));
            self.next = Some(self.end);
        } else {
            self.begin = beyond.saturating_add(1).min(self.end.saturating_sub(1));
            self.next = Some(self.begin.saturating_sub(1));
        }
        Ok(())
    }

    fn order(&self) -> &'static str {
        if self.is_oldest_first { "ASC" } else { "DESC" }
    }

    fn from(&self) -> String {
        let index = if self.index.is_empty() { String::new() } else { format!("INDEXED BY {}", self.index) };
        // Where no index is named, the order of time is the table's own: the plus keeps SQLite from another.
        format!("FROM bans {index} WHERE since >= :begin AND since < :end{}", self.of_index)
    }

    /// Counts what is found.
    pub(super) fn count(&self, reading: &Transaction<'_>) -> Result<usize> {
        let sql = format!("SELECT count(*) {} AND ({})", self.from(), self.rest);
        self.with_values(&sql, |values| reading.prepare_cached(&sql)?.query_row(values, |row| row.get(0)))
    }

    /// Reads what is found, `most` bans of it behind `offset` others, in the order of time.
    pub(super) fn rows(
        &self,
        reading: &Transaction<'_>,
        most: i64,
        offset: usize,
    ) -> Result<Vec<RecordedBan>> {
        let sql = format!(
            "SELECT since, (SELECT name FROM jails WHERE id = jail), address, length, count, origin, how, ended,
                    (SELECT name FROM people WHERE id = person)
             {} AND ({}) ORDER BY since {order}, jail {order}, address {order} LIMIT {most} OFFSET {offset}",
            self.from(),
            self.rest,
            order = self.order()
        );
        self.with_values(&sql, |values| {
            let mut statement = reading.prepare(&sql)?;
            let rows = statement.query_map(values, recorded)?;
            rows.filter_map(Result::transpose).collect()
        })
    }

    /// Calls `read` with the values that `sql` names: SQLite refuses others.
    fn with_values<T>(&self, sql: &str, read: impl FnOnce(&[(&str, &dyn ToSql)]) -> Result<T>) -> Result<T> {
        let mut values: Vec<(&str, &dyn ToSql)> = vec![(":begin", &self.begin), (":end", &self.end)];
        values.extend(self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)));
        values.retain(|(name, _)| sql.contains(name));
        read(&values)
    }
}

/// The number of a jail that the record names.
pub(super) fn jail_number(reading: &Transaction<'_>, jail: &str) -> Result<Option<i64>> {
    reading.query_row("SELECT id FROM jails WHERE name = ?1", [jail], |row| row.get(0)).optional()
}

/// Reads a row; `None` where its address is not one that is stored.
fn recorded(row: &Row<'_>) -> Result<Option<RecordedBan>> {
    let Some(banned) = entry(row.get_ref("address")?) else { return Ok(None) };
    let since: Seconds = row.get("since")?;
    let stored: Option<i64> = row.get("length")?;
    let ending = ending(row.get("how")?);
    let by_length =
        || stored.filter(|length| *length >= 0).map(|length| since.0.as_second().saturating_add(length));
    let ends = match ending {
        Ending::Standing | Ending::RanOut => by_length(),
        Ending::Lifted | Ending::Unknown => row.get("ended")?,
    };
    Ok(Some(RecordedBan {
        jail: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
        banned,
        since: since.0,
        length: stored.map(length),
        // 0 is one that fail2ban's database did not tell.
        count: row.get::<_, Option<u64>>("count")?.filter(|count| *count > 0),
        origin: origin(row.get_ref("origin")?.as_str_or_null()?),
        ending,
        ends: ends.and_then(|ends| jiff::Timestamp::from_second(ends).ok()),
        by: row.get(8)?,
    }))
}
