//! What must not be lost: everything in our database that a person made or did.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::support::TestResult;

/// Each table, what names a row of it, and what of the row stays.
const TABLES: [(&str, &str); 5] = [
    ("accounts", "SELECT id, name, password_hash, role, disabled_at, totp_secret FROM accounts"),
    (
        "sessions",
        "SELECT number, account_id, began_at, remembered FROM sessions WHERE account_id IS NOT NULL",
    ),
    ("audit", "SELECT id, at, account, address, action, jail, target, outcome, status, words FROM audit"),
    ("kept ignore entries", "SELECT jail || ' ' || entry, note, until, kept_by FROM kept_ignore_entries"),
    ("entries for all jails", "SELECT entry, note, until, added_by, removed_by FROM ignored_everywhere"),
];

/// The rows of all tables, by table and name of the row.
#[derive(Debug)]
pub struct Snapshot {
    rows: BTreeMap<(&'static str, String), String>,
}

impl Snapshot {
    /// Reads our database at `file`, as another program would.
    pub fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut all = BTreeMap::new();
        for (table, sql) in TABLES {
            let mut statement = connection.prepare(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let name: Value = row.get(0)?;
                let values = (1..columns).map(|column| row.get::<_, Value>(column));
                let values: Vec<Value> = values.collect::<Result<_, _>>()?;
                all.insert((table, format!("{name:?}")), format!("{values:?}"));
            }
        }
        Ok(Self { rows: all })
    }

    /// Every row of this is in `later`, as it was.
    pub fn is_whole_in(&self, later: &Self) -> TestResult {
        for (name, row) in &self.rows {
            match later.rows.get(name) {
                Some(same) if same == row => {}
                Some(other) => return Err(format!("{name:?} was {row} and is {other}").into()),
                None => return Err(format!("{name:?} is lost: {row}").into()),
            }
        }
        Ok(())
    }

    /// How many rows `table` has.
    pub fn count(&self, table: &str) -> usize {
        self.rows.keys().filter(|(of, _)| *of == table).count()
    }

    /// The rows of the audit that hold `words`.
    pub fn audited(&self, words: &[&str]) -> usize {
        let audit = self.rows.iter().filter(|((table, _), _)| *table == "audit");
        audit.filter(|(_, row)| words.iter().all(|word| row.contains(word))).count()
    }
}
