//! Jails that are gone, jails that are not as their files say, and actions that failed.

use std::collections::BTreeMap;

use crate::domain::action_failure::ActionFailure;
use crate::domain::jail::JailName;
use crate::domain::reload::Shortfall;
use crate::events::job::{Job, JobOutcome};
use crate::jail_service::recent::MaxAge;
pub(crate) use crate::jail_service::service::JailService;

impl JailService {
    /// Has the configuration held that the daemon was started with, so that it can be put back:
    /// when the daemon is seen for the first time, and after it was restarted.
    pub(crate) async fn hold_configuration(&self) {
        let generation = self.daemon.generation();
        let held = *self.standing.held_generation.lock();
        // The first connection is to the daemon that ran already when this began.
        if held.is_some_and(|held| held == generation || held == 0) {
            *self.standing.held_generation.lock() = Some(generation);
            return;
        }
        match self.daemon.hold_configuration().await {
            Ok(()) => *self.standing.held_generation.lock() = Some(generation),
            Err(error) => tracing::debug!(%error, "the configuration cannot be held"),
        }
    }

    /// Jails that were lost, as far as is known without asking.
    pub(crate) fn jails_lost_before(&self) -> Vec<JailName> {
        self.standing.gone.lock().clone()
    }

    /// Jails that were lost when fail2ban gave up in the middle of a reload, and that are not back.
    pub(crate) async fn lost_jails(&self, freshness: MaxAge) -> Vec<JailName> {
        if self.standing.gone.lock().is_empty() {
            return Vec::new();
        }
        match self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await {
            Ok(running) => self.standing.gone.lock().retain(|jail| !running.names.contains(jail)),
            // Then they are surely not back.
            Err(error) => tracing::debug!(%error, "whether lost jails are back is not known"),
        }
        self.jails_lost_before()
    }

    /// Notes what went wrong in `job`.
    pub(crate) async fn note_end(&self, job: &Job, outcome: &JobOutcome) {
        self.standing.note_end(job, outcome);
        let plan = self.work.state().running.and_then(|running| running.plan);
        if let (JobOutcome::Done { failed, .. }, Some(plan)) = (outcome, plan) {
            self.standing.note_failed(&plan, failed, self.process().await);
        }
    }

    /// Actions that failed when their jail was reloaded or started, and were not started again since.
    pub(crate) async fn failed_actions(&self) -> BTreeMap<JailName, Vec<ActionFailure>> {
        if self.standing.failed.lock().is_empty() {
            return BTreeMap::new();
        }
        if let Some(process) = self.process().await {
            self.standing.failed.lock().retain(|_, failed| failed.process.is_none_or(|own| own == process));
        }
        let failed = self.standing.failed.lock();
        failed.iter().map(|(jail, failed)| (jail.clone(), failed.failures.clone())).collect()
    }

    /// The daemon's process, where it is known.
    async fn process(&self) -> Option<i32> {
        self.daemon.process_id().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "fail2ban's process is not known");
            None
        })
    }

    /// Jails that are not as their files say since they were reloaded.
    pub(crate) async fn short_jails(&self) -> BTreeMap<JailName, Shortfall> {
        let marked = self.standing.short.lock().clone();
        if marked.is_empty() {
            return marked;
        }
        match self.daemon.post_condition().await {
            Ok(now) => {
                let still = marked.values().filter_map(|short| short.still(&now.short));
                let still: BTreeMap<_, _> = still.map(|short| (short.jail.clone(), short)).collect();
                self.standing.short.lock().clone_from(&still);
                still
            }
            Err(error) => {
                tracing::debug!(%error, "whether jails are whole again is not known");
                marked
            }
        }
    }
}
