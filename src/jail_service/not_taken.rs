//! The kept entries that the daemon did not take.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::ignore::{NotInForce, NotInForceCause};
use crate::domain::jail::JailName;
use crate::mutex::Mutex;

/// How long it is not asked again, where it may take them another time.
const PAUSE: Duration = Duration::from_secs(30);

/// What the daemon did not take, by jail.
#[derive(Debug, Default)]
pub(crate) struct NotTaken(pub(crate) Mutex<HashMap<JailName, Refusal>>);

/// What it did not take in one jail, and when.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The generation of the connection over which it was asked: on another may be another daemon.
    pub(crate) generation: u64,
    /// The ignore list at that time, in an order of its own.
    pub(crate) list: Vec<String>,
    pub(crate) found: NotInForce,
    /// When it was asked.
    pub(crate) at: Instant,
}

impl Refusal {
    /// Whether asking again would be in vain.
    pub(crate) fn holds(&self) -> bool {
        match self.found.cause {
            NotInForceCause::BesideFile { .. } => true,
            NotInForceCause::Refused(_) | NotInForceCause::NotListed => self.at.elapsed() < PAUSE,
        }
    }
}

impl NotTaken {
    /// Forgets what was not taken in `jail`.
    pub(crate) fn forget(&self, jail: &JailName) {
        self.0.lock().remove(jail);
    }
}
