//! Reading the audit, some tens of thousands of rows at a time.

use rusqlite::{Connection, OptionalExtension, Result, Row, Transaction, params};

use crate::domain::audit::{AuditPage, AuditQuery, End, Entry, Oldest, Record};
use crate::storage::columns::{Seconds, Text};

/// Number of rows that one request looks at. Whoever looks for older ones asks again.
const WINDOW: usize = 50_000;

/// The columns that a search looks at, as one text.
const SEARCHED: &str =
    "concat_ws(' ', account, address, action, jail, target, outcome, status, words) LIKE ?3 ESCAPE '\\'";

/// Reads a page of the audit, the newest first.
pub fn page(connection: &mut Connection, query: &AuditQuery) -> Result<AuditPage> {
    page_of(connection, query, WINDOW)
}

fn page_of(connection: &mut Connection, query: &AuditQuery, window: usize) -> Result<AuditPage> {
    // One view of the table, so that counts and rows agree.
    let reading = connection.transaction()?;
    let all: usize = reading.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?;
    let end = query.before.unwrap_or(i64::MAX);
    let oldest = oldest_of_window(&reading, end, window)?;
    let found = matching(&reading, oldest.map_or(i64::MIN, |row| row.id), end, &query.search)?;
    let pages = found.len().div_ceil(query.per_page).max(1);
    let page = query.page.clamp(1, pages);
    let mut row = reading.prepare("SELECT * FROM audit WHERE id = ?1")?;
    let shown = found.iter().skip((page - 1).saturating_mul(query.per_page)).take(query.per_page);
    let records = shown.map(|id| row.query_row([id], record)).collect::<Result<_>>()?;
    Ok(AuditPage {
        records,
        page,
        pages,
        matching: found.len(),
        all,
        older: oldest,
        since: reading.query_row("SELECT at FROM audit ORDER BY id LIMIT 1", [], at).optional()?,
    })
}

/// The oldest of the `window` rows before `end`, if there are older ones.
fn oldest_of_window(reading: &Transaction<'_>, end: i64, window: usize) -> Result<Option<Oldest>> {
    let sql = "SELECT id, at FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT 2 OFFSET ?2";
    let mut rows = reading.prepare(sql)?;
    let rows = rows.query_map(params![end, window.saturating_sub(1)], |row| {
        Ok(Oldest { id: row.get("id")?, at: at(row)? })
    })?;
    let rows = rows.collect::<Result<Vec<_>>>()?;
    Ok(if let [oldest, _] = rows[..] { Some(oldest) } else { None })
}

/// The numbers of the rows from `begin` up to before `end` that contain `search`.
fn matching(reading: &Transaction<'_>, begin: i64, end: i64, search: &str) -> Result<Vec<i64>> {
    let part = "SELECT id FROM audit WHERE id >= ?1 AND id < ?2";
    let id = |row: &Row<'_>| row.get(0);
    if search.is_empty() {
        let sql = format!("{part} ORDER BY id DESC");
        return reading.prepare(&sql)?.query_map([begin, end], id)?.collect();
    }
    let sql = format!("{part} AND {SEARCHED} ORDER BY id DESC");
    reading.prepare(&sql)?.query_map(params![begin, end, pattern(search)], id)?.collect()
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
            let query = AuditQuery { search: "even".to_owned(), before, page: 1, per_page: 50 };
            let page = storage.read(move |connection| page_of(connection, &query, 10)).await?;
            assert_eq!((page.all, page.since.is_some()), (25, true));
            found.extend(page.records.iter().map(|row| row.id));
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
