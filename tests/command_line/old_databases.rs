//! Databases of earlier versions, from `tests/databases`: this version takes them over with all that they hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::serving::Serving;
use super::{Result, bangui, can_log_in, place, said};
use crate::support::site::PASSWORD;
use crate::support::visitor::Visitor;

/// What the login of `Ann` in each kept database is, and its role from version 4 on.
const NAME: &str = "Ann";

/// The kept databases of this kind, with their versions.
pub(super) fn kept(kind: &str) -> Result<Vec<(usize, String)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases");
    let mut found = Vec::new();
    let file = |version: usize| directory.join(format!("{kind}-{version:02}.sql"));
    for version in (1..).take_while(|version| file(*version).exists()) {
        found.push((version, fs::read_to_string(file(version))?));
    }
    assert!(!found.is_empty(), "{kind}");
    Ok(found)
}

/// Makes the file, with a write-ahead log as a server leaves it.
pub(super) fn make(file: &Path, sql: &str) -> Result {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA journal_mode = wal; PRAGMA foreign_keys = off")?;
    Ok(connection.execute_batch(sql)?)
}

/// Number of rows of each table.
fn rows(file: &Path) -> Result<BTreeMap<String, usize>> {
    let connection = Connection::open(file)?;
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables = connection
        .prepare(sql)?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let count = |table: String| {
        let number = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, usize>(0))?;
        Ok((table, number))
    };
    tables.into_iter().map(count).collect()
}

/// The database and the record of bans of these versions.
fn old(main: &str, history: &str) -> Result<(tempfile::TempDir, PathBuf)> {
    let (directory, database) = place()?;
    make(&database, main)?;
    make(&directory.path().join("bangui-history.sqlite3"), history)?;
    Ok((directory, database))
}

#[tokio::test]
async fn each_version_is_taken_over_with_every_row() -> Result {
    let histories = kept("history")?;
    let newest = kept("main")?.len();
    for (version, sql) in kept("main")? {
        let (directory, database) = old(&sql, &histories[0].1)?;
        let before = rows(&database)?;
        assert!(can_log_in(&database, NAME, PASSWORD).await?, "version {version}");
        let after = rows(&database)?;
        for (table, number) in before {
            // Sessions of the first versions had no limits, and those without a login are in the cookie alone since.
            let expected = match table.as_str() {
                "sessions" if version < 4 => 0,
                "sessions" => after.get(&table).copied().unwrap_or_default().min(number),
                "known_addresses" | "known_devices" | "notices" => {
                    assert!(after.get(&table) >= Some(&number), "version {version}: {table}");
                    continue;
                }
                _ => number,
            };
            assert_eq!(after.get(&table), Some(&expected), "version {version}: {table}");
        }
        let own: usize =
            Connection::open(&database)?.pragma_query_value(None, "user_version", |row| row.get(0))?;
        assert_eq!(own, newest);
        let list = bangui(&["user", "list", "--database", database.to_str().ok_or("no text")?], b"")?;
        let list = String::from_utf8(list.stdout)?;
        assert!(list.contains("Ann") && list.contains("böb"), "version {version}: {list}");
        drop(directory);
    }
    Ok(())
}

#[tokio::test]
async fn pages_show_what_an_earlier_version_wrote() -> Result {
    let mains = kept("main")?;
    let histories = kept("history")?;
    // The first with an audit, and the latest.
    for (version, sql) in [&mains[2], mains.last().ok_or("none")?] {
        let (_directory, database) = old(sql, &histories[0].1)?;
        // It would have Ann set up a second factor first.
        Connection::open(&database)?.execute_batch(if *version < 7 { "" } else { "DELETE FROM settings" })?;
        let arguments = [
            "serve",
            "--config=/dev/null",
            "--listen=127.0.0.1:0",
            "--fail2ban-socket=/nonexistent/fail2ban.sock",
            "--history-days=36600",
            "--audit-keep-days=36600",
            "--database",
            database.to_str().ok_or("no text")?,
        ];
        let serving = Serving::of(&arguments, &[])?;
        let ann = Visitor::logged_in(serving.address().parse()?, NAME).await?;
        let audit = ann.get("/audit?show=all").await?;
        for words in ["203.0.113.9", "böb", "203.0.113.77"] {
            assert!(audit.text("main")?.contains(words), "version {version}: {}", audit.text("main")?);
        }
        let history = ann.get("/history?from=2026-07-01&to=2026-07-31").await?;
        let shown = history.text("main")?;
        for words in ["203.0.113.9", "203.0.113.77", "2001:db8::7", "203.0.113.128/25", "no address"] {
            assert!(shown.contains(words), "version {version}: {words} in {shown}");
        }
    }
    Ok(())
}

/// Files that no command may change, with a word of what is said about them.
fn unusable(directory: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let newest = kept("main")?.pop().ok_or("none")?.1;
    let whole = directory.join("whole.sqlite3");
    make(&whole, &newest)?;
    // As much as a damage in the middle needs.
    Connection::open(&whole)?.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO audit (id, action, target, outcome, words) SELECT i, 'unban', '203.0.113.9', 'done', hex(randomblob(40)) FROM n",
    )?;
    let bytes = fs::read(&whole)?;
    let mut garbage = bytes.clone();
    let middle = bytes.len() / 2 / 4096 * 4096;
    garbage.get_mut(middle..middle + 4096).ok_or("too small")?.fill(0xA5);
    let newer = directory.join("newer.sqlite3");
    fs::copy(&whole, &newer)?;
    Connection::open(&newer)?.pragma_update(None, "user_version", 9999)?;
    let other = directory.join("other.sqlite3");
    Connection::open(&other)?.execute_batch("CREATE TABLE fail2banDb (version INTEGER)")?;
    let mut files = vec![
        (newer, "was made by a newer version of BanGUI: use that version"),
        (other, "is a database of another program"),
    ];
    for (name, bytes, words) in [
        ("truncated", bytes.get(..bytes.len() / 3).ok_or("too small")?, "is damaged and was not changed"),
        ("garbage", &garbage, "is damaged and was not changed"),
        ("text", "These are the notes of an administrator. ".repeat(200).as_bytes(), "is no database"),
        ("empty", b"".as_slice(), "is empty"),
    ] {
        let file = directory.join(format!("{name}.sqlite3"));
        fs::write(&file, bytes)?;
        files.push((file, words));
    }
    Ok(files)
}

/// Names and contents of all files there.
fn contents(directory: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // A server's mark, which is empty.
        if path.extension().is_some_and(|extension| extension == "lock") {
            continue;
        }
        files.insert(path.clone(), fs::read(&path)?);
    }
    Ok(files)
}

#[test]
fn what_cannot_be_used_is_named_in_one_sentence_and_left_as_it_is() -> Result {
    let (directory, _) = place()?;
    let (target, _) = place()?;
    let files = unusable(directory.path())?;
    let backup = target.path().join("backup.sqlite3");
    let before = contents(directory.path())?;
    for (file, words) in &files {
        let path = file.to_str().ok_or("no text")?;
        let backup = backup.to_str().ok_or("no text")?;
        let socket = "--fail2ban-socket=/nonexistent/fail2ban.sock";
        for command in [
            &["serve", "--listen=127.0.0.1:0", socket][..],
            &["check", socket],
            &["user", "list"],
            &["user", "disable", NAME],
            &["user", "add", "eve"],
            &["backup", backup],
        ] {
            let output = bangui(&[command, &["--database", path]].concat(), b"quiet harbour lamp\n")?;
            assert_eq!(output.status.code(), Some(1), "{command:?} {path}");
            let told = match command {
                ["check", ..] => {
                    let lines = String::from_utf8(output.stdout)?;
                    lines
                        .lines()
                        .find(|line| line.starts_with("FAIL  database: "))
                        .ok_or("unnoticed")?
                        .to_owned()
                }
                ["serve", ..] => said(&output).lines().last().unwrap_or_default().to_owned(),
                _ => said(&output).trim_end().to_owned(),
            };
            assert!(
                told.contains(path) && told.contains(words) && told.lines().count() == 1,
                "{command:?}: {told}"
            );
            let now = contents(directory.path())?;
            assert!(now.keys().eq(before.keys()), "{command:?} {path} left {:?}", now.keys());
            assert!(now == before, "{command:?} changed {path}");
        }
    }
    assert_eq!(fs::read_dir(target.path())?.count(), 0);
    Ok(())
}

#[test]
fn a_damaged_database_with_a_log_keeps_both() -> Result {
    let (directory, database) = place()?;
    make(&database, &kept("main")?.pop().ok_or("none")?.1)?;
    let file = database.to_str().ok_or("no text")?;
    // A process that is killed leaves its log behind.
    let script = format!(
        "import os, sqlite3\nc = sqlite3.connect({file:?})\nc.execute(\"INSERT INTO settings VALUES ('a', 'b')\")\n\
         c.commit()\nos.kill(os.getpid(), 9)"
    );
    Command::new("python3").args(["-c", &script]).status()?;
    let bytes = fs::read(&database)?;
    fs::write(&database, bytes.get(..bytes.len() / 3).ok_or("too small")?)?;
    let log = directory.path().join("bangui.sqlite3-wal");
    let before = (fs::read(&database)?, fs::read(&log)?);
    for command in [&["serve", "--listen=127.0.0.1:0"][..], &["user", "list"], &["check"]] {
        let output = bangui(&[command, &["--database", file]].concat(), b"")?;
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let told = said(&output) + &String::from_utf8(output.stdout)?;
        assert!(told.contains("is damaged and was not changed"), "{told}");
        assert!((fs::read(&database)?, fs::read(&log)?) == before, "{command:?}");
    }
    Ok(())
}
