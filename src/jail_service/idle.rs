//! Idle jails. fail2ban accepts the setting and never reports it, so this remembers what was set
//! from here, as long as that is sure to hold.

use std::collections::HashMap;

use crate::domain::jail::JailName;
use crate::mutex::Mutex;

/// Settings made from here, with the generation of the connection over which each was made: another
/// connection may lead to another daemon.
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
