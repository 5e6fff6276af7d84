//! Queries on the table of the audit.

pub(crate) mod retention;
mod search;

use rusqlite::{Connection, Result, params};

use crate::domain::audit::{End, Entry, LONGEST, LONGEST_TARGET};
use crate::domain::text::truncate;

use super::columns::Text;
pub use search::page;

/// Number of rows of one action without an account that are kept: whoever cannot log in must not fill the disk.
const MOST_OF_NOBODY: u32 = 2_000;
/// The same of the actions of a login, which are what one looks for here.
const MOST_LOGINS_OF_NOBODY: u32 = 20_000;
const LOGINS: [&str; 3] = ["log in", "log in with passkey", "second factor"];

/// Adds a row, of now if `at` is not given, in which `folded` requests are counted. Returns its number.
pub(crate) fn insert_at(
    connection: &Connection,
    entry: &Entry,
    end: &End,
    at: Option<i64>,
    folded: u64,
) -> Result<i64> {
    // Not with RETURNING: a row read that way does not tell that the commit after it failed.
    connection.execute(
        "INSERT INTO audit (account, address, action, jail, target, outcome, status, words, at, folded)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, unixepoch()), ?10)",
        params![
            entry.account.as_deref().map(bounded),
            entry.address.map(Text),
            bounded(&entry.action),
            entry.jail.as_deref().map(bounded),
            truncate(&entry.target, LONGEST_TARGET),
            end.outcome,
            end.status,
            bounded(&end.words),
            at,
            folded,
        ],
    )?;
    let id = connection.last_insert_rowid();
    if entry.account.is_none() {
        let is_login = LOGINS.contains(&entry.action.as_str());
        let most = if is_login { MOST_LOGINS_OF_NOBODY } else { MOST_OF_NOBODY };
        connection.execute(
            "DELETE FROM audit WHERE account IS NULL AND action = ?1 AND id <= (SELECT id FROM audit
             WHERE account IS NULL AND action = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            params![bounded(&entry.action), most],
        )?;
    }
    Ok(id)
}

/// Adds a row of now. Returns its number.
pub fn insert(connection: &Connection, entry: &Entry, end: &End) -> Result<i64> {
    insert_at(connection, entry, end, None, 0)
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

/// Counts one request more in row `id`. Returns false if there is no such row.
pub(crate) fn fold(connection: &Connection, id: i64) -> Result<bool> {
    let sql = "UPDATE audit SET folded = folded + 1 WHERE id = ?1 AND folded > 0";
    Ok(connection.execute(sql, [id])? == 1)
}

/// Takes a request out of row `id`, where it was counted, and gives it a row of its own.
pub(crate) fn unfold(connection: &mut Connection, id: i64, entry: &Entry, end: &End) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM audit WHERE id = ?1 AND folded = 1", [id])?;
    transaction.execute("UPDATE audit SET folded = folded - 1 WHERE id = ?1 AND folded > 1", [id])?;
    insert(&transaction, entry, end)?;
    transaction.commit()
}

/// Cuts `text` to what a row keeps.
fn bounded(text: &str) -> String {
    truncate(text, LONGEST)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::domain::audit::{AuditQuery, Outcome};
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
        AuditQuery { search: search.to_owned(), before: None, page: 1, per_page: 50 }
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
    async fn nobody_cannot_push_out_what_an_account_did_nor_failed_logins() -> Result<(), Box<dyn Error>> {
        let (_directory, storage) = temporary()?;
        let page = storage
            .call(|connection| {
                insert(connection, &entry(Some("ann"), "first"), &open())?;
                let login = Entry { action: "log in".to_owned(), ..entry(None, "second") };
                insert(connection, &login, &open())?;
                let many = connection.transaction()?;
                for _ in 0..MOST_OF_NOBODY + 5 {
                    insert(&many, &entry(None, "flood"), &open())?;
                }
                many.commit()?;
                page(connection, &AuditQuery { page: usize::MAX, ..all("") })
            })
            .await?;
        assert_eq!(page.all, 2_002);
        let targets: Vec<_> =
            page.records.iter().rev().take(2).map(|row| row.entry.target.as_str()).collect();
        assert_eq!(targets, ["first", "second"]);
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
