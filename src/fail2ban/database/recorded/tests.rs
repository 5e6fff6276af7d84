//! Tests of reading a database of fail2ban's form in batches.

use std::error::Error;
use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{BATCH, ReadFrom, Recorded, RecordedRow, RowId, read};

type TestResult = Result<(), Box<dyn Error>>;

/// A database with `number` bans, a second apart.
fn database(number: usize) -> Result<(TempDir, PathBuf, Connection), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("fail2ban.sqlite3");
    let connection = Connection::open(&file)?;
    connection.execute_batch(
        "CREATE TABLE bans (jail TEXT, ip TEXT, timeofban INTEGER, bantime INTEGER, bancount INTEGER, data JSON);
         CREATE TABLE bips (ip TEXT, jail TEXT, timeofban INTEGER, bantime INTEGER, bancount INTEGER, data JSON);",
    )?;
    add(&connection, 1, number)?;
    Ok((directory, file, connection))
}

fn add(connection: &Connection, first: usize, last: usize) -> rusqlite::Result<usize> {
    let sql = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
               INSERT INTO bans SELECT 'sshd', printf('10.0.%d.%d', i / 250, i % 250), 1700000000 + i, 600, 1, NULL FROM n";
    connection.execute(sql, [first, last])
}

fn after(file: &std::path::Path, marks: &[RecordedRow]) -> Result<Recorded, Box<dyn Error>> {
    Ok(read(file, &ReadFrom::Bans(marks.to_vec()))?)
}

#[test]
fn batches_follow_one_another_to_the_end() -> TestResult {
    let (_directory, file, _) = database(BATCH * 2 + 5)?;
    let (mut marks, mut seen) = (Vec::new(), 0);
    loop {
        let batch = after(&file, &marks)?;
        assert_eq!(batch.number, BATCH as u64 * 2 + 5);
        assert_eq!(batch.is_whole, seen == 0);
        seen += batch.rows.len();
        marks = batch.rows.last().cloned().into_iter().collect();
        if !batch.is_cut {
            break;
        }
    }
    assert_eq!(seen, BATCH * 2 + 5);
    assert!(after(&file, &marks)?.rows.is_empty());
    Ok(())
}

#[test]
fn a_number_that_is_given_again_is_another_row() -> TestResult {
    let (_directory, file, connection) = database(5)?;
    let rows = after(&file, &[])?.rows;
    let marks: Vec<RecordedRow> = rows.iter().rev().cloned().collect();
    // As after an unban of the newest, and a ban.
    connection.execute("DELETE FROM bans WHERE rowid >= 4", [])?;
    add(&connection, 6, 7)?;
    let new = after(&file, &marks)?;
    let entries: Vec<String> = new.rows.iter().map(|row| row.banned.to_string()).collect();
    assert_eq!(entries, ["10.0.0.6", "10.0.0.7"]);
    assert_eq!((new.last, new.is_whole), (Some(RowId(5)), false));
    connection.execute("DELETE FROM bans", [])?;
    add(&connection, 1, 1)?;
    let whole = after(&file, &marks[..3])?;
    assert_eq!((whole.rows.len(), whole.is_whole), (1, true));
    Ok(())
}

#[test]
fn rows_of_no_use_are_counted_and_long_texts_end_a_batch() -> TestResult {
    let (_directory, file, connection) = database(2)?;
    connection.execute("INSERT INTO bans VALUES (x'00', '192.0.2.1', 7, 600, 1, NULL)", [])?;
    connection.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 'soon', 600, 1, NULL)", [])?;
    connection.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 7, 'long', 'many', NULL)", [])?;
    let batch = after(&file, &[])?;
    assert_eq!((batch.rows.len(), batch.unread, batch.last), (3, 2, Some(RowId(5))));
    assert_eq!((batch.rows[2].length, batch.rows[2].count), (None, None));
    for _ in 0..20 {
        connection.execute("INSERT INTO bans VALUES ('sshd', ?1, 7, 600, 1, NULL)", ["x".repeat(100_000)])?;
    }
    let batch = after(&file, &[])?;
    assert!(batch.is_cut && batch.rows.len() < 20, "{}", batch.rows.len());
    Ok(())
}

#[test]
fn the_last_ban_of_each_is_read_from_its_own_table() -> TestResult {
    let (_directory, file, connection) = database(3)?;
    connection.execute("INSERT INTO bips VALUES ('192.0.2.1', 'sshd', 7, -1, 2, NULL)", [])?;
    let batch = read(&file, &ReadFrom::LastBans(RowId(i64::MIN)))?;
    assert_eq!((batch.rows.len(), batch.number), (1, 1));
    assert!(read(&file, &ReadFrom::LastBans(RowId(1)))?.rows.is_empty());
    Ok(())
}
