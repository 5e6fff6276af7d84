//! Reading the audit, some tens of thousands of rows at a time.

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Result, Row, Transaction, params};

use crate::domain::audit::query::{Kind, Line, Oldest};
use crate::domain::audit::{AuditPage, AuditQuery, End, Entry, Record};
use crate::storage::columns::{Seconds, Text};

/// Number of rows that one request looks at. Whoever looks for older ones asks again.
const WINDOW: usize = 50_000;

/// What every query looks at, the cheap comparisons first. What is not asked for is NULL.
const CONDITIONS: &str = "id >= :begin AND id < :end
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
    AND (:account IS NULL OR account = :account)
    AND (:action IS NULL OR action = :action OR action = :action || ' ended')
    AND (:address IS NULL OR address = :address)
    AND (:search IS NULL OR concat_ws(' ', account, address, action, jail, target, outcome, status, words)
                            LIKE :search ESCAPE '\\')";

/// Actions of a login.
const LOGINS: &str = "action IN ('log in', 'log in with passkey', 'second factor', 'log out')";
/// Other actions that change nothing.
const LOOKS: &str = "action IN ('look', 'ask for a name', 'begin to add passkey')";

/// What equal rows of what was refused have in common; of all others each has its own. How long a login has to
/// wait differs from one to the next.
const LINE: &str = "iif(outcome = 'refused' AND folded = 0 AND length(target) <= 500,
    concat_ws(char(31), quote(account), quote(address), action, quote(jail), target, quote(status),
              iif(status = 429, '', words)),
    id)";

/// Reads a page of the audit, the newest first.
pub fn page(connection: &mut Connection, query: &AuditQuery) -> Result<AuditPage> {
    page_of(connection, query, WINDOW)
}

/// Reads the matching rows of a window, the newest first, and the number of the row before which the next window
/// is, if there is one.
pub(crate) fn rows(
    connection: &mut Connection,
    query: &AuditQuery,
    window: usize,
) -> Result<(Vec<Record>, Option<i64>)> {
    let reading = connection.transaction()?;
    let window = Window::of(&reading, query, window)?;
    let sql = format!("SELECT * FROM audit WHERE {CONDITIONS} AND {} ORDER BY id DESC", of_kind(query.kind));
    let rows = window.with_parameters(query, |parameters| {
        reading.prepare(&sql)?.query_map(parameters, record)?.collect::<Result<Vec<_>>>()
    })?;
    Ok((rows, window.oldest.map(|oldest| oldest.id)))
}

/// The accounts that have rows, `most` of them, in their alphabetical order.
pub(crate) fn accounts(connection: &mut Connection, most: u32) -> Result<Vec<String>> {
    // From one to the next in the index, however many rows each has.
    let sql = "WITH RECURSIVE own(name) AS (
        SELECT min(account) FROM audit WHERE account IS NOT NULL
        UNION ALL SELECT (SELECT min(account) FROM audit WHERE account > name) FROM own WHERE name IS NOT NULL)
        SELECT name FROM own WHERE name IS NOT NULL LIMIT ?1";
    connection.prepare(sql)?.query_map([most], |row| row.get(0))?.collect()
}

fn page_of(connection: &mut Connection, query: &AuditQuery, window: usize) -> Result<AuditPage> {
    // One view of the table, so that counts and rows agree.
    let reading = connection.transaction()?;
    let all: usize = reading.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?;
    let window = Window::of(&reading, query, window)?;
    let found = matching(&reading, &window, query)?;
    let pages = found.len().div_ceil(query.per_page).max(1);
    let page = query.page.clamp(1, pages);
    let shown = found.iter().skip((page - 1).saturating_mul(query.per_page)).take(query.per_page);
    Ok(AuditPage {
        lines: shown.map(|found| line(&reading, found)).collect::<Result<_>>()?,
        page,
        pages,
        matching: found.len(),
        all,
        older: window.oldest,
        since: reading.query_row("SELECT at FROM audit ORDER BY id LIMIT 1", [], at).optional()?,
    })
}

/// The rows that one request looks at.
struct Window {
    begin: i64,
    /// Only rows with a smaller number.
    end: i64,
    /// The first of them, if there are older ones that may match.
    oldest: Option<Oldest>,
}

impl Window {
    /// The `size` newest rows of `query`.
    fn of(reading: &Transaction<'_>, query: &AuditQuery, size: usize) -> Result<Self> {
        let mut end = query.before.unwrap_or(i64::MAX);
        if let Some((_, until)) = query.between {
            // Rows are written in the order of their time, but for the few that waited for the database.
            let sql = "SELECT id FROM audit WHERE at < ?1 ORDER BY id DESC LIMIT 1";
            let last: Option<i64> = reading.query_row(sql, [until], |row| row.get(0)).optional()?;
            end = end.min(last.map_or(0, |last| last.saturating_add(1)));
        }
        let sql = "SELECT id, at FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT 2 OFFSET ?2";
        let mut rows = reading.prepare(sql)?;
        let rows = rows.query_map(params![end, size.saturating_sub(1)], |row| {
            Ok(Oldest { id: row.get("id")?, at: at(row)? })
        })?;
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let oldest = if let [oldest, _] = rows[..] { Some(oldest) } else { None };
        let may_go_on =
            |oldest: &Oldest| query.between.is_none_or(|(since, _)| oldest.at.as_second() >= since);
        let begin = oldest.map_or(i64::MIN, |row| row.id);
        Ok(Self { begin, end, oldest: oldest.filter(may_go_on) })
    }

    /// Calls `read` with what [`CONDITIONS`] need.
    fn with_parameters<T>(
        &self,
        query: &AuditQuery,
        read: impl FnOnce(&[(&str, &dyn ToSql)]) -> Result<T>,
    ) -> Result<T> {
        let search = (!query.search.is_empty()).then(|| pattern(&query.search));
        read(&[
            (":begin", &self.begin),
            (":end", &self.end),
            (":since", &query.between.map(|(since, _)| since)),
            (":until", &query.between.map(|(_, until)| until)),
            (":account", &query.account),
            (":action", &query.action),
            (":address", &query.address),
            (":search", &search),
        ])
    }
}

/// Equal rows that match.
struct Found {
    newest: i64,
    oldest: i64,
    times: u64,
}

fn matching(reading: &Transaction<'_>, window: &Window, query: &AuditQuery) -> Result<Vec<Found>> {
    let line = if query.folds { LINE } else { "id" };
    let sql = format!(
        "SELECT max(id) AS newest, min(id) AS oldest, count(*) AS times FROM audit
         WHERE {CONDITIONS} AND {} GROUP BY {line} ORDER BY newest DESC",
        of_kind(query.kind)
    );
    let found = |row: &Row<'_>| {
        Ok(Found { newest: row.get("newest")?, oldest: row.get("oldest")?, times: row.get("times")? })
    };
    window.with_parameters(query, |parameters| reading.prepare(&sql)?.query_map(parameters, found)?.collect())
}

fn of_kind(kind: Kind) -> String {
    match kind {
        Kind::All => "TRUE".to_owned(),
        Kind::Logins => LOGINS.to_owned(),
        Kind::Refused => "outcome = 'refused'".to_owned(),
        // What is only counted of nobody's was refused.
        Kind::Changes => format!(
            "outcome NOT IN ('refused', 'asked') AND NOT ({LOGINS}) AND NOT ({LOOKS}) AND NOT (account IS NULL AND folded > 0)"
        ),
    }
}

fn line(reading: &Transaction<'_>, found: &Found) -> Result<Line> {
    let record =
        reading.prepare_cached("SELECT * FROM audit WHERE id = ?1")?.query_row([found.newest], record)?;
    let first = match found.times {
        1 => record.at,
        _ => reading.query_row("SELECT at FROM audit WHERE id = ?1", [found.oldest], at)?,
    };
    Ok(Line { record, times: found.times, first })
}

/// The LIKE pattern for texts that contain `search` literally.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in search.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn at(row: &Row<'_>) -> Result<jiff::Timestamp> {
    Ok(row.get::<_, Seconds>("at")?.0)
}

fn record(row: &Row<'_>) -> Result<Record> {
    Ok(Record {
        id: row.get("id")?,
        at: at(row)?,
        entry: Entry {
            account: row.get("account")?,
            address: row.get::<_, Option<Text<_>>>("address")?.map(|address| address.0),
            action: row.get("action")?,
            jail: row.get("jail")?,
            target: row.get("target")?,
        },
        end: End { outcome: row.get("outcome")?, status: row.get("status")?, words: row.get("words")? },
        folded: row.get("folded")?,
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::domain::audit::Outcome;
    use crate::storage::audit::insert;
    use crate::storage::temporary;

    #[tokio::test]
    async fn windows_follow_one_another_without_a_gap() -> std::result::Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let fill = |connection: &mut Connection| -> Result<()> {
            for number in 0..25 {
                let target = if number % 2 == 0 { "even" } else { "odd" };
                let (account, action) = (Some("ann".to_owned()), "ban".to_owned());
                let entry = Entry { account, address: None, action, jail: None, target: target.to_owned() };
                insert(
                    connection,
                    &entry,
                    &End { outcome: Outcome::Done, status: None, words: String::new() },
                )?;
            }
            Ok(())
        };
        storage.call(fill).await?;
        let (mut before, mut found, mut windows) = (None, Vec::new(), 0);
        loop {
            let query = AuditQuery {
                search: "even".to_owned(),
                before,
                page: 1,
                per_page: 50,
                ..AuditQuery::default()
            };
            let page = storage.read(move |connection| page_of(connection, &query, 10)).await?;
            assert_eq!((page.all, page.since.is_some()), (25, true));
            found.extend(page.lines.iter().map(|line| line.record.id));
            windows += 1;
            match page.older {
                Some(oldest) => before = Some(oldest.id),
                None => break,
            }
        }
        assert_eq!((windows, found.len()), (3, 13));
        assert!(found.is_sorted_by(|newer, older| newer > older));
        Ok(())
    }
}
