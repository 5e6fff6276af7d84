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
/// The place of a table in the file: between these two lines.
type Marks = [&'static str; 2];
const FAULTS: Marks =
    ["<!-- the fault table: made by the tests, not by hand -->", "<!-- the end of the fault table -->"];
const CHANGES: Marks = [
    "<!-- the table of changes: made by the tests, not by hand -->",
    "<!-- the end of the table of changes -->",
];

/// Rows that were handed in, by their place.
type Rows<Place> = Mutex<BTreeMap<Place, String>>;
static ROWS: Rows<(Part, u32)> = Mutex::new(BTreeMap::new());
static CHANGE_ROWS: Rows<(u32, u32)> = Mutex::new(BTreeMap::new());
/// One table is written at a time.
static WRITING: Mutex<()> = Mutex::new(());

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
    let heading = "| fault | the page | works again after | what was looked at |\n|---|---|---|---|";
    write(FAULTS, heading, rows.values())
}

/// Hands in what came of a change of the configuration of this version of fail2ban. Writes all rows anew where the
/// environment names a file.
pub fn hand_in_change(
    place: (u32, u32),
    version: &str,
    change: &str,
    said: &str,
    afterwards: &str,
) -> TestResult {
    let mut rows = CHANGE_ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    let cell = |text: &str| text.replace('|', "\\|");
    rows.insert(place, format!("| {} | {} | {} |", cell(change), cell(said), cell(afterwards)));
    let heading = format!(
        "| change (fail2ban {version}) | what the page said | what every jail has afterwards |\n|---|---|---|"
    );
    write(CHANGES, &heading, rows.values())
}

fn write<'a>(marks: Marks, heading: &str, rows: impl Iterator<Item = &'a String>) -> TestResult {
    let Some(file) = std::env::var_os(FILE) else { return Ok(()) };
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let (file, [begin, end]) = (Path::new(&file), marks);
    let mut table = format!("{heading}\n");
    for row in rows {
        writeln!(table, "{row}")?;
    }
    let old = fs::read_to_string(file)?;
    let missing = || -> Box<dyn Error> { format!("{} has no place for the table", file.display()).into() };
    let (head, rest) = old.split_once(begin).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(end).ok_or_else(missing)?;
    Ok(fs::write(file, format!("{head}{begin}\n\n{table}\n{end}{tail}"))?)
}
