//! Which jails rest. fail2ban takes the word and never tells it, so this remembers what was set from
//! here, as long as that is sure to hold.

use std::collections::HashMap;

use crate::domain::jail::JailName;
use crate::mutex::Mutex;

/// What was set from here, with the generation of the connection over which it was: on another
/// connection may be another daemon.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    pub(crate) set: Mutex<HashMap<JailName, (u64, bool)>>,
}

impl Idle {
    /// Forgets `jail`, or every jail: one that is reloaded or started is awake (`server.py`,
    /// `startJail`).
    pub(crate) fn forget(&self, jail: Option<&JailName>) {
        match jail {
            Some(jail) => drop(self.set.lock().remove(jail)),
            None => self.set.lock().clear(),
        }
    }
}
