//! Rows that the database did not take: they wait in memory, and are in the log.

use std::collections::VecDeque;

use crate::domain::audit::{End, Entry};

/// Rows that may wait. More than that are in the log alone.
const MOST: usize = 1_000;

/// Seconds after which the end of an action is no longer waited for: its request was broken off.
const LONGEST_REQUEST: i64 = 10 * 60;

/// An item that waits to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A row.
    Row {
        /// Names it while it waits.
        number: u64,
        /// Start of the action, in seconds since 1970.
        at: i64,
        entry: Entry,
        end: End,
        /// True if its end is known.
        ended: bool,
    },
    /// The end of a row that is written.
    End { id: i64, account: Option<String>, end: End },
}

/// All that waits, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    next: u64,
}

impl Queue {
    /// Number of items that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Lets the row of an action wait, whose end is not known. Returns its number.
    pub(crate) fn begin(&mut self, at: i64, entry: Entry, end: End) -> u64 {
        self.next += 1;
        self.add(Waiting::Row { number: self.next, at, entry, end, ended: false });
        self.next
    }

    /// Lets a whole row wait.
    pub(crate) fn add_row(&mut self, at: i64, entry: Entry, end: End) {
        self.next += 1;
        self.add(Waiting::Row { number: self.next, at, entry, end, ended: true });
    }

    /// Lets one more wait.
    pub(crate) fn add(&mut self, waiting: Waiting) {
        if self.waiting.len() == MOST {
            let lost = self.waiting.pop_front();
            tracing::error!(?lost, "too many rows of the audit wait: this one is in the log alone");
        }
        self.waiting.push_back(waiting);
    }

    /// Notes how the action of a row that waits ended.
    pub(crate) fn end(&mut self, row: u64, account: Option<String>, how: End) {
        for waiting in self.waiting.iter_mut().rev() {
            if let Waiting::Row { number, entry, end, ended, .. } = waiting
                && *number == row
            {
                (entry.account, *end, *ended) = (account, how, true);
                return;
            }
        }
        tracing::error!(?account, ?how, "the end of an action is in the log alone");
    }

    /// Items that can be written: their end is known, or no longer waited for.
    pub(crate) fn due(&self, now: i64) -> Vec<Waiting> {
        let is_due = |waiting: &&Waiting| match waiting {
            Waiting::Row { at, ended, .. } => *ended || now - at > LONGEST_REQUEST,
            Waiting::End { .. } => true,
        };
        self.waiting.iter().filter(is_due).cloned().collect()
    }

    /// Takes away what was written.
    pub(crate) fn written(&mut self, written: &[Waiting]) {
        self.waiting.retain(|waiting| !written.contains(waiting));
    }
}
