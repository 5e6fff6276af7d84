//! Tests of reading a jail's list out of a database of fail2ban's form.

use std::error::Error;
use std::path::PathBuf;

use rusqlite::{Connection, ToSql};
use tempfile::TempDir;

use super::{BanTime, Length, Timestamp, read};

type TestResult = Result<(), Box<dyn Error>>;

const HOUR: BanTime = BanTime { length: Length::Seconds(3600), is_growing: false };

fn database() -> Result<(TempDir, PathBuf, Connection), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("fail2ban.sqlite3");
    let connection = Connection::open(&file)?;
    connection.execute_batch(
        "CREATE TABLE bans (jail TEXT, ip TEXT, timeofban INTEGER, bantime INTEGER, bancount INTEGER, data JSON);
         CREATE TABLE bips (ip TEXT, jail TEXT, timeofban INTEGER, bantime INTEGER, bancount INTEGER, data JSON);",
    )?;
    Ok((directory, file, connection))
}

/// Adds the ban of `entry` of so many seconds ago.
fn add(
    connection: &Connection,
    entry: &str,
    jail: &str,
    ago: i64,
    length: &dyn ToSql,
    count: i64,
) -> TestResult {
    let since = Timestamp::now().as_second() - ago;
    let row = rusqlite::params![entry, jail, since, length, count];
    connection.execute("INSERT INTO bips VALUES (?1, ?2, ?3, ?4, ?5, NULL)", row)?;
    connection.execute("INSERT INTO bans SELECT jail, ip, timeofban, bantime, bancount, data FROM bips WHERE rowid = last_insert_rowid()", [])?;
    Ok(())
}

fn entries(file: &std::path::Path, time: BanTime) -> Result<Option<Vec<String>>, Box<dyn Error>> {
    let bans = read(file, &"sshd".parse()?, time)?;
    Ok(bans.map(|(bans, _)| bans.iter().map(|ban| ban.banned.to_string()).collect()))
}

#[test]
fn bans_of_the_jail_that_hold_are_read_and_ended_ones_are_not() -> TestResult {
    let (_directory, file, connection) = database()?;
    assert_eq!(entries(&file, HOUR)?, Some(Vec::new()));
    add(&connection, "192.0.2.1", "sshd", 60, &3600, 1)?;
    add(&connection, "2001:db8::1", "sshd", 60, &3600, 1)?;
    add(&connection, "198.51.100.0/24", "sshd", -1, &3600, 1)?;
    add(&connection, "192.0.2.2", "sshd", 3700, &3600, 1)?;
    add(&connection, "192.0.2.3", "sshd", 90, &7, 1)?;
    add(&connection, "192.0.2.1", "nginx", 60, &-1, 1)?;
    assert_eq!(
        entries(&file, HOUR)?,
        Some(["192.0.2.1", "2001:db8::1", "198.51.100.0/24"].map(str::to_owned).to_vec())
    );
    let (bans, mark) = read(&file, &"sshd".parse()?, HOUR)?.ok_or("they agree")?;
    assert_eq!(mark.0, 6);
    assert!(bans.iter().all(|ban| ban.since <= Timestamp::now()), "what was rounded up has begun");
    Ok(())
}

#[test]
fn a_length_that_the_ban_time_does_not_explain_makes_it_useless() -> TestResult {
    for (length, count, is_growing, is_read) in [
        (&3600 as &dyn ToSql, 1, false, true),
        (&3600, 1, true, true),
        (&7200, 1, false, false),
        (&7200, 1, true, false),
        (&7200, 2, true, true),
        (&7200, 2, false, false),
        (&7200.5, 2, true, true),
        (&-1, 1, false, false),
        (&-2, 2, true, false),
        (&"long", 2, true, false),
    ] {
        let (_directory, file, connection) = database()?;
        add(&connection, "192.0.2.1", "sshd", 60, length, count)?;
        let read = entries(&file, BanTime { is_growing, ..HOUR })?;
        assert_eq!(read.is_some(), is_read, "{:?} {count} {is_growing}", length.to_sql());
    }
    let (_directory, file, connection) = database()?;
    add(&connection, "192.0.2.1", "sshd", 60, &-1, 1)?;
    assert!(entries(&file, BanTime { length: Length::Permanent, is_growing: false })?.is_some());
    Ok(())
}
