//! What went wrong and still holds: jails that are gone, and jails that are not as their files say.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::jail::JailName;
use crate::domain::reload::Shortfall;
use crate::fail2ban::client_program::ClientError;

use super::work::{Job, Outcome};
use super::{Freshness, JailService};

/// What went wrong. Forgotten when it is seen to be right again.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Jails that ran before a work and were lost by it.
    gone: Mutex<Vec<JailName>>,
    /// Jails that are not as their files say.
    short: Mutex<BTreeMap<JailName, Shortfall>>,
    /// The generation of the connection for which the configuration is held.
    held: Mutex<Option<u64>>,
}

impl Standing {
    fn gone(&self) -> MutexGuard<'_, Vec<JailName>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn short(&self) -> MutexGuard<'_, BTreeMap<JailName, Shortfall>> {
        self.short.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Option<u64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what fail2ban lost when it gave up.
    pub(super) fn note_refusal(&self, error: &ClientError) {
        if let ClientError::Interrupted { gone, .. } = error {
            let mut all = self.gone();
            all.extend(gone.iter().cloned());
            all.sort();
            all.dedup();
        }
    }

    /// Notes how `job` ended. After one of all jails nothing else is wrong than what it tells.
    pub(super) fn note_end(&self, job: &Job, outcome: &Outcome) {
        let Outcome::Done { short, .. } = outcome else { return };
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

impl JailService {
    /// Has the configuration held that the daemon was started with, so that it can be put back: when the
    /// daemon is seen for the first time, and after it was started anew.
    pub async fn hold_configuration(&self) {
        let generation = self.daemon.generation();
        let held = *self.standing.held();
        // The first connection is to the daemon that ran already when this began.
        if held.is_some_and(|held| held == generation || held == 0) {
            *self.standing.held() = Some(generation);
            return;
        }
        match self.daemon.hold_configuration().await {
            Ok(Ok(())) => *self.standing.held() = Some(generation),
            Ok(Err(error)) => tracing::debug!(%error, "there is no configuration to hold"),
            Err(error) => tracing::debug!(%error, "the configuration cannot be held"),
        }
    }

    /// Jails that were lost when fail2ban gave up in the middle of a reload, and that are not back.
    pub async fn lost_jails(&self, freshness: Freshness) -> Vec<JailName> {
        if self.standing.gone().is_empty() {
            return Vec::new();
        }
        match self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await {
            Ok(running) => self.standing.gone().retain(|jail| !running.names.contains(jail)),
            // Then they are surely not back.
            Err(error) => tracing::debug!(%error, "whether lost jails are back is not known"),
        }
        self.standing.gone().clone()
    }

    /// Jails that are not as their files say since they were reloaded.
    pub async fn short_jails(&self) -> BTreeMap<JailName, Shortfall> {
        let marked = self.standing.short().clone();
        if marked.is_empty() {
            return marked;
        }
        match self.daemon.shortfalls().await {
            Ok(now) => {
                let still = marked.values().filter_map(|short| short.still(&now));
                let still: BTreeMap<_, _> = still.map(|short| (short.jail.clone(), short)).collect();
                self.standing.short().clone_from(&still);
                still
            }
            Err(error) => {
                tracing::debug!(%error, "whether jails are whole again is not known");
                marked
            }
        }
    }
}
