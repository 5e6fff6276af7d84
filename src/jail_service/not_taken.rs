//! The kept entries that the daemon did not take.

use std::collections::HashMap;

use crate::domain::ignore::NotInForce;
use crate::domain::jail::JailName;
use crate::mutex::Mutex;

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
}

impl NotTaken {
    /// Forgets what was not taken in `jail`.
    pub(crate) fn forget(&self, jail: &JailName) {
        self.0.lock().remove(jail);
    }
}
