//! Queries on the table of kept ignore entries.

use rusqlite::{Connection, Result, Row, params};

use crate::domain::ignore::{IgnoreEntry, KeptEntry};
use crate::domain::jail::JailName;

use super::columns::Text;

/// Reads every kept entry, by jail.
pub fn all(connection: &Connection) -> Result<Vec<KeptEntry>> {
    let sql = "SELECT jail, entry, note, until, kept_by FROM kept_ignore_entries ORDER BY jail, entry";
    connection.prepare_cached(sql)?.query_map([], entry_of_row)?.collect()
}

/// Reads the kept entries of `jail`.
pub fn of_jail(connection: &Connection, jail: &JailName) -> Result<Vec<KeptEntry>> {
    let sql = "SELECT jail, entry, note, until, kept_by FROM kept_ignore_entries
               WHERE jail = ?1 ORDER BY entry";
    connection.prepare_cached(sql)?.query_map([jail], entry_of_row)?.collect()
}

/// Keeps an entry. One that is kept already gets the new note, end and keeper.
pub fn insert(connection: &Connection, kept: &KeptEntry) -> Result<()> {
    connection.execute(
        "INSERT INTO kept_ignore_entries (jail, entry, note, until, kept_by) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (jail, entry) DO UPDATE
         SET note = excluded.note, until = excluded.until, kept_by = excluded.kept_by",
        params![kept.jail, kept.entry, kept.note, kept.until.map(Text), kept.by],
    )?;
    Ok(())
}

/// Stops keeping `entry` of `jail`. Returns false if it was not kept.
pub fn remove(connection: &Connection, jail: &JailName, entry: &IgnoreEntry) -> Result<bool> {
    let sql = "DELETE FROM kept_ignore_entries WHERE jail = ?1 AND entry = ?2";
    Ok(connection.execute(sql, params![jail, entry])? == 1)
}

fn entry_of_row(row: &Row<'_>) -> Result<KeptEntry> {
    Ok(KeptEntry {
        jail: row.get(0)?,
        entry: row.get(1)?,
        note: row.get(2)?,
        until: row.get::<_, Option<Text<_>>>(3)?.map(|until| until.0),
        by: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::storage;

    #[tokio::test]
    async fn a_kept_entry_is_read_as_it_was_put_until_it_is_removed()
    -> std::result::Result<(), Box<dyn Error>> {
        let (_directory, storage) = storage::temporary()?;
        let jail: JailName = "a jail".parse()?;
        let entry: IgnoreEntry = "2001:db8::/32".parse()?;
        let first = KeptEntry {
            jail: jail.clone(),
            entry: entry.clone(),
            note: "the office".parse()?,
            until: Some("2026-12-01".parse()?),
            by: "ann".to_owned(),
        };
        let second = KeptEntry { note: "".parse()?, until: None, by: "bob".to_owned(), ..first.clone() };
        let other: JailName = "other".parse()?;
        storage
            .call(move |connection| {
                insert(connection, &first)?;
                assert_eq!(all(connection)?, [first]);
                insert(connection, &second)?;
                assert_eq!(of_jail(connection, &jail)?, [second]);
                assert!(of_jail(connection, &other)?.is_empty() && !remove(connection, &other, &entry)?);
                assert!(remove(connection, &jail, &entry)? && !remove(connection, &jail, &entry)?);
                assert!(all(connection)?.is_empty());
                Ok(())
            })
            .await?;
        Ok(())
    }
}
