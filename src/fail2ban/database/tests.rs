//! fail2ban's tables with a value of every storage class in every column.

use std::error::Error;
use std::path::PathBuf;

use proptest::prelude::*;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::fail2ban::database::new_bans;
use crate::fail2ban::database::new_bans::RowId;

use super::*;

/// The schema that `fail2ban/server/database.py` makes.
const SCHEMA: &str = "
    CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
        bancount INTEGER NOT NULL default 1, data JSON);
    CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);
    CREATE INDEX bans_ip ON bans(ip);
    CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
        bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail));";

/// A row of `bans`: jail, ip, timeofban, bantime, bancount, data.
type Columns = [Value; 6];

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_filter("SQLite stores it as NULL", |number| !number.is_nan()).prop_map(Value::Real),
        (0.0..2e9_f64).prop_map(Value::Real),
        prop_oneof!["[xyz]{0,5}", "[0-9]{1,25}", "1 week", "-?[0-9]{1,3}\\.[0-9]", "203\\.0\\.113\\.7"]
            .prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Blob),
    ]
}

fn one_of(usual: impl Into<Value>) -> impl Strategy<Value = Value> {
    prop_oneof![3 => Just(usual.into()), 1 => odd()]
}

fn columns() -> impl Strategy<Value = Columns> {
    let data = prop_oneof![Just(Value::Null), odd(), Just(Value::Blob(br#"{"failures": 3}"#.to_vec()))];
    let (jail, ip) = (one_of("sshd".to_owned()), one_of("203.0.113.7".to_owned()));
    (jail, ip, one_of(1_700_000_000), one_of(600), one_of(1), data).prop_map(Into::into)
}

fn database(rows: &[Columns]) -> Result<(TempDir, PathBuf), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("fail2ban.sqlite3");
    let connection = Connection::open(&file)?;
    connection.execute_batch(SCHEMA)?;
    for row in rows {
        connection.execute("INSERT INTO bans VALUES (?1, ?2, ?3, ?4, ?5, ?6)", params_from_iter(row))?;
    }
    Ok((directory, file))
}

/// Counts the rows that satisfy the condition, by SQLite's own reading.
fn number(file: &Path, condition: &str) -> Result<usize, Box<dyn Error>> {
    let sql = format!("SELECT count(*) FROM bans WHERE {condition}");
    let number: i64 = Connection::open(file)?.query_row(&sql, (), |row| row.get(0))?;
    Ok(usize::try_from(number)?)
}

/// The time can be read: jiff's range is that of the years -9999 to 9999.
const TIME: &str =
    "typeof(timeofban) IN ('integer', 'real') AND timeofban BETWEEN -377705023201 AND 253402207200";
const JAIL: &str = "typeof(jail) = 'text'";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_value_of_any_type_costs_its_field_or_its_row_and_never_the_query(
        rows in prop::collection::vec(columns(), 0..40)
    ) {
        let failed = |error: Box<dyn Error>| TestCaseError::fail(error.to_string());
        let (_directory, file) = database(&rows).map_err(failed)?;
        let number = |condition: &str| number(&file, condition).map_err(failed);
        for (asked, own) in [("203.0.113.7", "ip = '203.0.113.7'"), ("203.0.113.0/24", "ip = '203.0.113.7' OR typeof(ip) <> 'text'")] {
            let history = read_history(&file, &Banned::from_daemon(asked))
                .map_err(|reason| TestCaseError::fail(reason.to_string()))?;
            let whole = number(&format!("ip = '203.0.113.7' AND {JAIL} AND {TIME}"))?;
            prop_assert_eq!((history.bans.len(), history.all), (whole, whole), "{}", asked);
            prop_assert_eq!(history.unread, number(own)? - whole, "{}", asked);
            let lengths = history.bans.iter().filter(|ban| ban.length.is_some()).count();
            let known = "typeof(bantime) IN ('integer', 'real') AND bantime <> -2";
            let least = number(&format!("ip = '203.0.113.7' AND {JAIL} AND {TIME} AND {known}"))?;
            prop_assert!(lengths >= least);
            let evidence = history.bans.iter().filter(|ban| ban.evidence.is_ok()).count();
            prop_assert!(evidence <= number("ip = '203.0.113.7' AND typeof(data) IN ('blob', 'text')")?);
        }
        let jail = "sshd".parse()?;
        let new = new_bans::after(&file, &jail, RowId(0), Timestamp::UNIX_EPOCH)
            .map_err(|reason| TestCaseError::fail(reason.to_string()))?;
        let whole = format!("jail = 'sshd' AND typeof(ip) = 'text' AND {TIME} AND typeof(bantime) <> 'blob' \
                             AND bantime <> -2 AND typeof(bantime) <> 'text'");
        prop_assert_eq!(new.len(), number(&whole)?);
    }
}

#[test]
fn an_entry_that_only_the_table_of_last_bans_has_is_read_in_the_same_way() -> Result<(), Box<dyn Error>> {
    let (_directory, file) = database(&[])?;
    let connection = Connection::open(&file)?;
    for (jail, time) in [("a", Value::Real(1_700_000_000.7)), ("b", Value::Text("soon".to_owned()))] {
        let row = ("203.0.113.7", jail, time, 6.98e19, "many", 7);
        connection.execute("INSERT INTO bips VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row)?;
    }
    for asked in ["203.0.113.7", "203.0.113.0/24"] {
        let history = read_history(&file, &Banned::from_daemon(asked))?;
        assert_eq!((history.bans.len(), history.unread), (1, 1), "{asked}");
        let ban = history.bans.first().ok_or("no ban")?;
        assert_eq!((ban.since.as_second(), ban.count), (1_700_000_000, None));
        assert_eq!(ban.length, Some(crate::domain::jail::Length::PracticallyForever));
        assert_eq!(ban.evidence, Err(NoEvidence::Unreadable));
    }
    Ok(())
}
