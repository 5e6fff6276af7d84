//! A database of each earlier version, as an installation of then would have it: `tests/databases/`. They are made once,
//! by the migrations of then, and never again.
//!
//! `BANGUI_KEPT_DATABASES="$PWD/tests/databases" cargo test --lib kept` writes those that are missing.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{FileKind, HISTORY, HISTORY_STEPS, MAIN, STEPS};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// What is added at each version of the main database: rows of its new tables and columns.
const ROWS: [&str; 12] = [
    include_str!("../../../tests/databases/rows/main-01.sql"),
    include_str!("../../../tests/databases/rows/main-02.sql"),
    include_str!("../../../tests/databases/rows/main-03.sql"),
    include_str!("../../../tests/databases/rows/main-04.sql"),
    include_str!("../../../tests/databases/rows/main-05.sql"),
    include_str!("../../../tests/databases/rows/main-06.sql"),
    include_str!("../../../tests/databases/rows/main-07.sql"),
    include_str!("../../../tests/databases/rows/main-08.sql"),
    include_str!("../../../tests/databases/rows/main-09.sql"),
    include_str!("../../../tests/databases/rows/main-10.sql"),
    include_str!("../../../tests/databases/rows/main-11.sql"),
    include_str!("../../../tests/databases/rows/main-12.sql"),
];
const HISTORY_ROWS: [&str; 2] = [
    include_str!("../../../tests/databases/rows/history-01.sql"),
    include_str!("../../../tests/databases/rows/history-02.sql"),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases")
}

#[test]
fn a_database_of_each_version_is_kept() -> Result {
    if let Some(directory) = env::var_os("BANGUI_KEPT_DATABASES") {
        write_missing(Path::new(&directory), "main", &MAIN, &ROWS)?;
        write_missing(Path::new(&directory), "history", &HISTORY, &HISTORY_ROWS)?;
    }
    assert_eq!(
        (ROWS.len(), HISTORY_ROWS.len()),
        (STEPS.len(), HISTORY_STEPS.len()),
        "{}",
        directory().display()
    );
    for (name, newest) in [("main", STEPS.len()), ("history", HISTORY_STEPS.len())] {
        for version in 1..=newest {
            let kept = fs::read_to_string(directory().join(format!("{name}-{version:02}.sql")))?;
            let connection = Connection::open_in_memory()?;
            connection.execute_batch(&kept)?;
            let own: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            assert_eq!(own, version, "{name}");
        }
    }
    Ok(())
}

fn write_missing(directory: &Path, name: &str, kind: &FileKind, rows: &[&str]) -> Result {
    let mut connection = Connection::open_in_memory()?;
    for (number, sql) in (1..).zip(rows) {
        connection.pragma_update(None, "foreign_keys", false)?;
        kind.migrations.to_version(&mut connection, number)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(sql)?;
        let file = directory.join(format!("{name}-{number:02}.sql"));
        if !file.exists() {
            fs::write(file, dump(&connection)?)?;
        }
    }
    Ok(())
}

/// The database as the statements that make it.
fn dump(connection: &Connection) -> Result<String> {
    let mut text = String::new();
    for pragma in ["application_id", "user_version"] {
        let value: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
        writeln!(text, "PRAGMA {pragma} = {value};")?;
    }
    writeln!(text, "BEGIN;")?;
    // Triggers after the rows: they would count those twice.
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'
               ORDER BY type = 'table' DESC, rowid";
    let mut statement = connection.prepare(sql)?;
    let parts = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(String, String, String)>>>()?;
    for (_, _, sql) in parts.iter().filter(|(kind, ..)| kind == "table") {
        writeln!(text, "{sql};")?;
    }
    let mut tables: Vec<&str> =
        parts.iter().filter(|(kind, ..)| kind == "table").map(|(_, name, _)| name.as_str()).collect();
    let has_numbers = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')";
    if connection.query_row(has_numbers, [], |row| row.get(0))? {
        writeln!(text, "DELETE FROM sqlite_sequence;")?;
        tables.push("sqlite_sequence");
    }
    for table in tables {
        dump_rows(connection, table, &mut text)?;
    }
    for (_, _, sql) in parts.iter().filter(|(kind, ..)| kind != "table") {
        writeln!(text, "{sql};")?;
    }
    writeln!(text, "COMMIT;")?;
    Ok(text)
}

fn dump_rows(connection: &Connection, table: &str, text: &mut String) -> Result {
    let columns = connection
        .prepare("SELECT name FROM pragma_table_info(?1)")?
        .query_map([table], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let quoted =
        columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ', ' || ");
    let mut statement = connection.prepare(&format!("SELECT {quoted} FROM {table} ORDER BY 1"))?;
    let rows = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    for row in rows {
        writeln!(text, "INSERT INTO {table} VALUES ({row});")?;
    }
    Ok(())
}
