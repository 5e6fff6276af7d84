//! What went wrong and still holds: jails that are gone, and jails that are not as their files say.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::jail::JailName;
use crate::domain::reload::Shortfall;
use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;

use super::progress::job::{Job, JobOutcome};

/// What went wrong. Forgotten when it is seen to be right again.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Jails that ran before a work and were lost by it.
    gone: Mutex<Vec<JailName>>,
    /// Jails that are not as their files say.
    short: Mutex<BTreeMap<JailName, Shortfall>>,
    /// The generation of the connection for which the configuration is held.
    held: Mutex<Option<u64>>,
}

impl Standing {
    pub(crate) fn gone(&self) -> MutexGuard<'_, Vec<JailName>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn short(&self) -> MutexGuard<'_, BTreeMap<JailName, Shortfall>> {
        self.short.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn held_generation(&self) -> MutexGuard<'_, Option<u64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what fail2ban lost when it gave up.
    pub(crate) fn note_refusal(&self, error: &fail2ban::Error) {
        if let fail2ban::Error::Client(ClientError::Interrupted { gone, .. }) = error {
            let mut all = self.gone();
            all.extend(gone.iter().cloned());
            all.sort();
            all.dedup();
        }
    }

    /// Notes how `job` ended. After one of all jails nothing else is wrong than what it tells.
    pub(crate) fn note_end(&self, job: &Job, outcome: &JobOutcome) {
        let JobOutcome::Done { short, .. } = outcome else { return };
        let mut marked = self.short();
        if let Some(jail) = job.jail() {
            marked.remove(jail);
        } else {
            marked.clear();
            self.gone().clear();
        }
        marked.extend(short.iter().map(|short| (short.jail.clone(), short.clone())));
    }
}
