//! The broker's own record of what it was asked to change: a line in its log, one in a file that its clients cannot
//! write, and the latest in memory. A web server that was taken over can leave things out of its audit, not out of
//! this.

mod described;
mod earlier;
pub(crate) mod file;
mod room;

use std::collections::VecDeque;

use jiff::Timestamp;
use tokio::net::unix::UCred;

use crate::domain::broker_change::{BrokerChange, ChangeEnd, ChangeRecord};
use crate::domain::jail::JailName;
use crate::domain::text::{escaped, truncate};
use crate::mutex::Mutex;

use super::frames::Answer;
use super::operations::Request;
use described::Described;
use earlier::Told;
use file::ChangeFile;

/// Number of changes in memory.
const MOST: usize = 300;
/// Number of targets of one change in memory. The file has more.
const MOST_TARGETS: usize = 20;
/// The longest target in memory, in characters.
const LONGEST_TARGET: usize = 200;
/// The longest error that is kept, in characters.
const LONGEST_ERROR: usize = 200;

/// The process at the other end of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Peer {
    /// Its user.
    pub user: Option<u32>,
    /// Its number.
    pub process: Option<i32>,
}

impl From<UCred> for Peer {
    fn from(peer: UCred) -> Self {
        Self { user: Some(peer.uid()), process: peer.pid() }
    }
}

/// The record. Changes go on where the file cannot be written: the log has them.
#[derive(Debug)]
pub struct ChangeLog(Mutex<Changes>);

#[derive(Debug)]
struct Changes {
    since: Timestamp,
    last: u64,
    latest: VecDeque<BrokerChange>,
    file: Option<ChangeFile>,
    fault: Option<String>,
}

impl ChangeLog {
    /// The record of a broker that starts now, with its file, if it has one. What was recorded before is read from
    /// that: nobody gets rid of it by a restart.
    #[must_use]
    pub fn new(file: Option<ChangeFile>) -> Self {
        let since = Timestamp::now();
        let mut changes = Changes { since, last: 0, latest: VecDeque::new(), file: None, fault: None };
        if let Some(Err(error)) = file.as_ref().map(|file| file.read(|told| changes.take_up(told))) {
            tracing::warn!(%error, "the changes before this start cannot be read");
        }
        changes.file = file;
        Self(Mutex::new(changes))
    }

    /// Records what `request` asks to change, before it is done; `planned` is the only jail of its plan. Returns the number of the change; `None` where it
    /// asks for none.
    pub(crate) fn begin(&self, peer: Peer, request: &Request, planned: Option<JailName>) -> Option<u64> {
        let Described { operation, jail, targets } = described::describe(request)?;
        let jail = jail.or(planned.map(Into::into));
        let mut changes = self.0.lock();
        changes.last += 1;
        let mut change = BrokerChange {
            number: changes.last,
            at: Timestamp::now(),
            user: peer.user,
            process: peer.process,
            operation,
            jail,
            targets,
            more: 0,
            end: ChangeEnd::UnderWay,
        };
        changes.write(|file| file.begin(&change));
        shorten(&mut change);
        log(&change);
        changes.keep(change);
        Some(changes.last)
    }

    /// Records how change `number` ended.
    pub(crate) fn end(&self, number: u64, answer: &Answer) {
        let end = match answer {
            Ok(_) => ChangeEnd::Done,
            Err(error) => ChangeEnd::NotDone(truncate(&error.to_string(), LONGEST_ERROR)),
        };
        if let ChangeEnd::NotDone(why) = &end {
            tracing::info!(change = number, why = escaped(why), "change not done");
        }
        let mut changes = self.0.lock();
        changes.write(|file| file.end(number, &end));
        changes.note_end(number, end);
    }

    /// The latest changes.
    pub(crate) fn latest(&self) -> ChangeRecord {
        let changes = self.0.lock();
        ChangeRecord {
            since: changes.since,
            changes: changes.latest.iter().cloned().collect(),
            file: changes.file.as_ref().map(|file| file.path().display().to_string()),
            fault: changes.fault.clone(),
        }
    }
}

impl Changes {
    /// Takes up what the file tells of an earlier run.
    fn take_up(&mut self, told: Told) {
        match told {
            Told::Begun(mut change) => {
                shorten(&mut change);
                if self.latest.is_empty() {
                    self.since = change.at;
                }
                self.last = self.last.max(change.number);
                self.keep(change);
            }
            Told::Ended(number, end) => self.note_end(number, end),
        }
    }

    fn note_end(&mut self, number: u64, end: ChangeEnd) {
        if let Some(change) = self.latest.iter_mut().rev().find(|change| change.number == number) {
            change.end = end;
        }
    }

    fn keep(&mut self, change: BrokerChange) {
        if self.latest.len() == MOST {
            self.latest.pop_front();
            self.since = self.latest.front().map_or(change.at, |oldest| oldest.at);
        }
        self.latest.push_back(change);
    }

    fn write(&mut self, line: impl FnOnce(&mut ChangeFile) -> std::io::Result<()>) {
        let Some(file) = &mut self.file else { return };
        let fault = line(file).err().map(|error| error.to_string());
        if fault.is_some() && fault != self.fault {
            tracing::error!(error = fault, file = %file.path().display(), "the record of changes cannot be written");
        }
        self.fault = fault;
    }
}

/// Leaves out what is not kept in memory.
fn shorten(change: &mut BrokerChange) {
    change.more += change.targets.len().saturating_sub(MOST_TARGETS);
    change.targets.truncate(MOST_TARGETS);
    // Into new texts: the room of the long ones is given back.
    change.targets = change.targets.iter().map(|target| truncate(target, LONGEST_TARGET)).collect();
}

/// The line of `change` in the log. It names what it can and counts the rest.
fn log(change: &BrokerChange) {
    const MOST_NAMED: usize = 20;
    let named: Vec<String> =
        change.targets.iter().take(MOST_NAMED).map(|text| escaped(&truncate(text, 100))).collect();
    let more = change.more + change.targets.len() - named.len();
    let (user, process) = (change.user, change.process);
    let jail = change.jail.as_deref().map(escaped);
    tracing::info!(
        change = change.number, operation = %change.operation, jail, targets = named.join(" "), more, user, process,
        "asked for a change"
    );
}
