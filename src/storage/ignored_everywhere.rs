//! Queries on the table of entries that every jail ignores.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use crate::domain::ignore::{EverywhereEntry, IgnoreEntry, Note};

use super::columns::{Seconds, Text};

const COLUMNS: &str = "entry, note, until, added_by, added_at, removed_by";

/// Reads all, in their order as texts.
pub(crate) fn all(connection: &Connection) -> Result<Vec<EverywhereEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM ignored_everywhere ORDER BY entry");
    connection.prepare_cached(&sql)?.query_map([], entry_of_row)?.collect()
}

/// Reads that of `entry`.
pub(crate) fn find(connection: &Connection, entry: &IgnoreEntry) -> Result<Option<EverywhereEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM ignored_everywhere WHERE entry = ?1");
    connection.prepare_cached(&sql)?.query_row([entry], entry_of_row).optional()
}

/// Adds an entry with its note and end. One that is there already gets these, or keeps its own where there are none;
/// one that was being removed is new.
pub(crate) fn insert(
    connection: &Connection,
    entry: &IgnoreEntry,
    keep: Option<(&Note, Option<Date>)>,
    by: &str,
) -> Result<()> {
    let empty = Note::default();
    let (note, until) = keep.unwrap_or((&empty, None));
    connection.execute(
        "INSERT INTO ignored_everywhere (entry, note, until, added_by) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (entry) DO UPDATE SET removed_by = NULL,
         note = iif(?5 OR removed_by IS NOT NULL, excluded.note, note),
         until = iif(?5 OR removed_by IS NOT NULL, excluded.until, until),
         added_by = iif(removed_by IS NULL, added_by, excluded.added_by),
         added_at = iif(removed_by IS NULL, added_at, excluded.added_at)",
        params![entry, note, until.map(Text), by, keep.is_some()],
    )?;
    Ok(())
}

/// Notes that `by` removed `entry`. Returns false if there is no such entry.
pub(crate) fn set_removed(connection: &Connection, entry: &IgnoreEntry, by: &str) -> Result<bool> {
    let sql = "UPDATE ignored_everywhere SET removed_by = ?2 WHERE entry = ?1";
    Ok(connection.execute(sql, params![entry, by])? == 1)
}

/// Forgets `entry`, which no jail ignores for its sake.
pub(crate) fn delete(connection: &Connection, entry: &IgnoreEntry) -> Result<()> {
    connection.execute("DELETE FROM ignored_everywhere WHERE entry = ?1", [entry])?;
    Ok(())
}

fn entry_of_row(row: &Row<'_>) -> Result<EverywhereEntry> {
    Ok(EverywhereEntry {
        entry: row.get(0)?,
        note: row.get(1)?,
        until: row.get::<_, Option<Text<_>>>(2)?.map(|until| until.0),
        by: row.get(3)?,
        since: row.get::<_, Seconds>(4)?.0,
        removed_by: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage;

    #[tokio::test]
    async fn an_entry_keeps_who_added_it_until_it_is_removed()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let (_directory, storage) = storage::temporary()?;
        let entry: IgnoreEntry = "2001:db8::/32".parse()?;
        let (office, until): (Note, Date) = ("the office".parse()?, "2026-12-01".parse()?);
        storage
            .call(move |connection| {
                insert(connection, &entry, Some((&office, Some(until))), "ann")?;
                let first = find(connection, &entry)?.unwrap_or_else(|| unreachable!("it was added"));
                assert_eq!((first.by.as_str(), first.until, &first.note), ("ann", Some(until), &office));
                insert(connection, &entry, None, "bob")?;
                assert_eq!(
                    all(connection)?,
                    std::slice::from_ref(&first),
                    "nothing was said of a note or an end"
                );
                insert(connection, &entry, Some((&Note::default(), None)), "bob")?;
                let changed = EverywhereEntry { note: Note::default(), until: None, ..first };
                assert_eq!(all(connection)?, std::slice::from_ref(&changed));
                assert!(set_removed(connection, &entry, "cid")?);
                let removed = EverywhereEntry { removed_by: Some("cid".to_owned()), ..changed };
                assert_eq!(all(connection)?, std::slice::from_ref(&removed));
                insert(connection, &entry, Some((&office, None)), "bob")?;
                assert!(
                    find(connection, &entry)?.is_some_and(|it| it.by == "bob" && it.removed_by.is_none())
                );
                delete(connection, &entry)?;
                assert!(all(connection)?.is_empty() && !set_removed(connection, &entry, "cid")?);
                Ok(())
            })
            .await?;
        Ok(())
    }
}
