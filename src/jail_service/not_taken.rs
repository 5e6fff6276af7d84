//! The kept entries that the daemon did not take.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::ignore::{NotInForce, NotInForceCause};
use crate::domain::jail::JailName;
use crate::mutex::Mutex;

/// Time before the daemon is asked again, where it may take the entries another time.
const PAUSE: Duration = Duration::from_secs(30);

/// Entries that the daemon did not take, by jail.
#[derive(Debug, Default)]
pub(crate) struct NotTaken(pub(crate) Mutex<HashMap<JailName, Refusal>>);

/// Entries that the daemon did not take in one jail, and when.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The generation of the connection over which it was asked: on another may be another daemon.
    pub(crate) generation: u64,
    /// The ignore list at that time, in an order of its own.
    pub(crate) list: Vec<String>,
    pub(crate) found: NotInForce,
    /// Time at which the daemon was asked.
    pub(crate) at: Instant,
}

impl Refusal {
    /// Returns true if asking again would be in vain.
    pub(crate) fn holds(&self) -> bool {
        match self.found.cause {
            NotInForceCause::BesideFile { .. } => true,
            NotInForceCause::Refused(_) | NotInForceCause::NotListed => self.at.elapsed() < PAUSE,
        }
    }
}

/// The last try to remove an entry that a jail did not give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    at: Instant,
    generation: u64,
}

impl Tried {
    /// A try over the connection of this generation.
    pub(crate) fn now(generation: u64) -> Self {
        Self { at: Instant::now(), generation }
    }

    /// Returns true if it is too early to ask again over the connection of this generation.
    pub(crate) fn holds(&self, generation: u64) -> bool {
        self.generation == generation && self.at.elapsed() < PAUSE
    }
}

impl NotTaken {
    /// Forgets what was not taken in `jail`.
    pub(crate) fn forget(&self, jail: &JailName) {
        self.0.lock().remove(jail);
    }
}
