//! What the file tells of earlier changes.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::broker_change::{BrokerChange, ChangeEnd, Operation};

/// A line of the beginning or the end of a change, as it is read.
#[derive(Deserialize)]
struct Line {
    change: u64,
    at: Option<Timestamp>,
    user: Option<u32>,
    process: Option<i32>,
    operation: Option<Operation>,
    jail: Option<String>,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    more: usize,
    not_done: Option<String>,
}

/// What a line says.
pub(crate) enum Told {
    /// A change was asked for.
    Begun(BrokerChange),
    /// The change of this number ended.
    Ended(u64, ChangeEnd),
}

impl From<Line> for Told {
    fn from(line: Line) -> Self {
        let Line { change: number, at, user, process, operation, jail, targets, more, not_done } = line;
        match (at, operation) {
            (Some(at), Some(operation)) => {
                let end = ChangeEnd::UnderWay;
                Self::Begun(BrokerChange { number, at, user, process, operation, jail, targets, more, end })
            }
            _ => Self::Ended(number, not_done.map_or(ChangeEnd::Done, ChangeEnd::NotDone)),
        }
    }
}

/// Reads the lines of `file`. What is no line of ours, as one that was cut off, is left out.
pub(super) fn read(file: File, tell: &mut impl FnMut(Told)) -> io::Result<()> {
    for line in BufReader::new(file).split(b'\n') {
        if let Ok(line) = serde_json::from_slice::<Line>(&line?) {
            tell(line.into());
        }
    }
    Ok(())
}
