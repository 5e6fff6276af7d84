//! The clock by which the daemon prints its ban lists: in its local time, without a zone.
//!
//! The zone of its process is used, where that can be read; bans whose time is known otherwise
//! (from its database, or because they were made here) confirm it. Where they contradict, they are
//! right: a process keeps the zone that it started with, whatever becomes of the system's.

pub(crate) mod choice;
pub(crate) mod process;
pub(crate) mod samples;

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard};

use crate::domain::jail::JailName;
use crate::mutex::Mutex;

pub(crate) use choice::Chosen;
use process::ProcessClock;

/// Number of bans made here that are remembered.
pub(crate) const MADE: usize = 16;

/// The facts that are known of the daemon's clock, for all handles to it.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The generation of the connection: another one may lead to another daemon.
    generation: u64,
    pub(crate) process: Option<Arc<ProcessClock>>,
    pub(crate) chosen: Option<Chosen>,
    /// Bans that were made here: the jail, the entry, and the seconds in between.
    pub(crate) made: VecDeque<(JailName, String, i64, i64)>,
}

impl Clock {
    /// Returns the facts about the daemon on the connection of that `generation`.
    pub(crate) fn for_generation(&self, generation: u64) -> MutexGuard<'_, Known> {
        // Each field is whole by itself, so a poisoned lock is as good as any.
        let mut known = self.known.lock();
        if known.generation != generation {
            *known = Known { generation, ..Known::default() };
        }
        known
    }
}
