//! The rows of the fault table, and the file that they are written into.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::support::TestResult;

/// Names the file where the table is to be written.
const FILE: &str = "BANGUI_FAULT_TABLE";
const BEGIN: &str = "<!-- the fault table: made by the tests, not by hand -->";
const END: &str = "<!-- the end of the fault table -->";

/// The rows that were handed in, by their place.
static ROWS: Mutex<BTreeMap<(Part, u32), String>> = Mutex::new(BTreeMap::new());

/// What the fault is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Daemon,
    Socket,
    Replies,
    Broker,
    Fail2banDatabase,
    OwnDatabase,
    Kill,
}

/// A fault that was gone through: what was asserted, for people.
pub struct Row {
    /// Where it stands.
    pub place: (Part, u32),
    /// What was done.
    pub fault: String,
    /// What the page said.
    pub said: String,
    /// How long it took until it worked again, once the fault was over. `None` where it never stopped.
    pub again: Option<Duration>,
    /// What was looked at afterwards.
    pub kept: String,
}

/// Hands in a row. Writes all of them anew where the environment names a file.
pub fn hand_in(row: &Row) -> TestResult {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    let again = match row.again {
        None => "it never stopped".to_owned(),
        Some(time) if time < Duration::from_millis(100) => "< 0.1 s".to_owned(),
        Some(time) => format!("{:.1} s", time.as_secs_f64()),
    };
    rows.insert(row.place, format!("| {} | {} | {again} | {} |", row.fault, row.said, row.kept));
    match std::env::var_os(FILE) {
        Some(file) => write(Path::new(&file), &rows),
        None => Ok(()),
    }
}

fn write(file: &Path, rows: &BTreeMap<(Part, u32), String>) -> TestResult {
    let mut table =
        String::from("| fault | the page | works again after | what was looked at |\n|---|---|---|---|\n");
    for row in rows.values() {
        writeln!(table, "{row}")?;
    }
    let old = fs::read_to_string(file)?;
    let missing = || -> Box<dyn Error> { format!("{} has no place for the table", file.display()).into() };
    let (head, rest) = old.split_once(BEGIN).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(END).ok_or_else(missing)?;
    Ok(fs::write(file, format!("{head}{BEGIN}\n\n{table}\n{END}{tail}"))?)
}
