//! Queries on the table of the audit.

use rusqlite::{Connection, Result, Row, params};

use crate::domain::audit::{AuditPage, AuditQuery, End, Entry, LONGEST, LONGEST_TARGET, Record};
use crate::domain::text::truncate;

use super::columns::{Seconds, Text};

/// Number of rows without an account that are kept: whoever cannot log in must not fill the disk. Rows of
/// an account are never removed.
const MOST_OF_NOBODY: u32 = 10_000;

/// The columns that a search looks at, as one text.
const SEARCHED: &str =
    "concat_ws(' ', account, address, action, jail, target, outcome, status, words) LIKE ?1 ESCAPE '\\'";

/// Adds a row. Returns its number.
pub fn insert(connection: &Connection, entry: &Entry, end: &End) -> Result<i64> {
    // Not with RETURNING: a row read that way does not tell that the commit after it failed.
    connection.execute(
        "INSERT INTO audit (account, address, action, jail, target, outcome, status, words)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            entry.account.as_deref().map(bounded),
            entry.address.map(Text),
            bounded(&entry.action),
            entry.jail.as_deref().map(bounded),
            truncate(&entry.target, LONGEST_TARGET),
            end.outcome,
            end.status,
            bounded(&end.words),
        ],
    )?;
    let id = connection.last_insert_rowid();
    if entry.account.is_none() {
        connection.execute(
            "DELETE FROM audit WHERE account IS NULL AND id <= (SELECT id FROM audit
             WHERE account IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MOST_OF_NOBODY],
        )?;
    }
    Ok(id)
}

/// Records how the action of row `id` ended, and its account, if that was known only then. Returns
/// false if there is no such row.
pub fn finish(connection: &Connection, id: i64, account: Option<&str>, end: &End) -> Result<bool> {
    let changed = connection.execute(
        "UPDATE audit SET account = ?2, outcome = ?3, status = ?4, words = ?5 WHERE id = ?1",
        params![id, account.map(bounded), end.outcome, end.status, bounded(&end.words)],
    )?;
    Ok(changed == 1)
}

/// Reads a page of the audit, the newest first.
pub fn page(connection: &mut Connection, query: &AuditQuery) -> Result<AuditPage> {
    // One view of the table, so that counts and rows agree.
    let reading = connection.transaction()?;
    let all: usize = reading.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?;
    let pattern = pattern(&query.search);
    let sql = format!("SELECT count(*) FROM audit WHERE {SEARCHED}");
    let matching: usize = reading.query_row(&sql, [&pattern], |row| row.get(0))?;
    let pages = matching.div_ceil(query.per_page).max(1);
    let page = query.page.clamp(1, pages);
    let sql = format!("SELECT * FROM audit WHERE {SEARCHED} ORDER BY id DESC LIMIT ?2 OFFSET ?3");
    let mut rows = reading.prepare(&sql)?;
    let offset = (page - 1).saturating_mul(query.per_page);
    let records = rows.query_map(params![pattern, query.per_page, offset], record)?.collect::<Result<_>>()?;
    Ok(AuditPage { records, page, pages, matching, all })
}

/// Cuts `text` to what a row keeps.
fn bounded(text: &str) -> String {
    truncate(text, LONGEST)
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

fn record(row: &Row<'_>) -> Result<Record> {
    Ok(Record {
        id: row.get("id")?,
        at: row.get::<_, Seconds>("at")?.0,
        entry: Entry {
            account: row.get("account")?,
            address: row.get::<_, Option<Text<_>>>("address")?.map(|address| address.0),
            action: row.get("action")?,
            jail: row.get("jail")?,
            target: row.get("target")?,
        },
        end: End { outcome: row.get("outcome")?, status: row.get("status")?, words: row.get("words")? },
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::domain::audit::Outcome;
    use crate::storage::temporary;

    fn entry(account: Option<&str>, target: &str) -> Entry {
        Entry {
            account: account.map(str::to_owned),
            address: Some([192, 0, 2, 1].into()),
            action: "ban".to_owned(),
            jail: Some("sshd".to_owned()),
            target: target.to_owned(),
        }
    }

    fn open() -> End {
        End { outcome: Outcome::Open, status: None, words: String::new() }
    }

    fn all(search: &str) -> AuditQuery {
        AuditQuery { search: search.to_owned(), page: 1, per_page: 50 }
    }

    #[tokio::test]
    async fn a_search_takes_every_character_literally() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let found = storage
            .call(|connection| {
                for target in ["100%", "1000", "a_b", "axb", r"a\b", "\n"] {
                    insert(connection, &entry(Some("ann"), target), &open())?;
                }
                let mut found = Vec::new();
                for search in ["100%", "a_b", r"\", "\n", "ANN 192.0.2.1", "'; DROP TABLE audit; --"] {
                    found.push(page(connection, &all(search))?.matching);
                }
                Ok(found)
            })
            .await?;
        assert_eq!(found, [1, 1, 1, 1, 6, 0]);
        Ok(())
    }

    #[tokio::test]
    async fn nobody_cannot_push_out_what_an_account_did() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let page = storage
            .call(|connection| {
                insert(connection, &entry(Some("ann"), "first"), &open())?;
                let many = connection.transaction()?;
                for _ in 0..MOST_OF_NOBODY + 5 {
                    insert(&many, &entry(None, "flood"), &open())?;
                }
                many.commit()?;
                page(connection, &AuditQuery { page: usize::MAX, ..all("") })
            })
            .await?;
        assert_eq!(page.all, 10_001);
        assert_eq!(page.records.last().map(|row| row.entry.target.as_str()), Some("first"));
        Ok(())
    }

    #[tokio::test]
    async fn an_end_is_written_into_its_own_row() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let end = End { outcome: Outcome::Refused, status: Some(409), words: "x".repeat(600) };
        let written = end.clone();
        let (known, unknown, page) = storage
            .call(move |connection| {
                let id = insert(connection, &entry(None, "one"), &open())?;
                insert(connection, &entry(None, "two"), &open())?;
                let known = finish(connection, id, Some("ann"), &written)?;
                Ok((known, finish(connection, 77, None, &written)?, page(connection, &all(""))?))
            })
            .await?;
        assert_eq!((known, unknown, page.records.len()), (true, false, 2));
        assert_eq!(page.records.first().map(|row| &row.end), Some(&open()));
        let row = page.records.last().ok_or("no row")?;
        assert_eq!((row.entry.account.as_deref(), row.end.status), (Some("ann"), Some(409)));
        assert_eq!(row.end.words.chars().count(), 500);
        Ok(())
    }
}
