//! Which jails rest. fail2ban takes the word and never tells it, so this remembers what was set from
//! here, as long as that is sure to hold.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::jail::JailName;

use super::{Error, JailService};

/// What was set from here, with the generation of the connection over which it was: on another
/// connection may be another daemon.
#[derive(Debug, Default)]
pub(super) struct Idle {
    set: Mutex<HashMap<JailName, (u64, bool)>>,
}

impl Idle {
    /// Forgets `jail`, or every jail: one that is reloaded or started is awake (`server.py`,
    /// `startJail`).
    pub(super) fn forget(&self, jail: Option<&JailName>) {
        match jail {
            Some(jail) => drop(self.set().remove(jail)),
            None => self.set().clear(),
        }
    }

    /// A panic elsewhere leaves the map whole, so a poisoned lock is as good as any.
    fn set(&self) -> MutexGuard<'_, HashMap<JailName, (u64, bool)>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JailService {
    /// Whether `jail` rests, as far as it was set from here since it started; `None` where it was not.
    #[must_use]
    pub fn idle(&self, jail: &JailName) -> Option<bool> {
        let generation = self.daemon.generation();
        self.idle.set().get(jail).filter(|(of, _)| *of == generation).map(|(_, on)| *on)
    }

    /// Lets `jail` rest, or wakes it. Returns whether it rests now.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn set_idle(&self, jail: &JailName, on: bool) -> Result<bool, Error> {
        // Forgotten first: after an answer that did not come it is not known.
        self.idle.forget(Some(jail));
        let rests = self.daemon.set_idle(jail, on).await?;
        self.idle.set().insert(jail.clone(), (self.daemon.generation(), rests));
        tracing::info!(%jail, on = rests, "jail_idle_toggled");
        Ok(rests)
    }
}
