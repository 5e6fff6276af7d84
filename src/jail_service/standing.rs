//! Problems that still hold: jails that are gone, jails that are not as their files say, and
//! actions that failed.

use std::collections::BTreeMap;

use crate::domain::action_failure::{ActionFailure, JailFailures};
use crate::domain::jail::JailName;
use crate::domain::reload::{Plan, Shortfall};
use crate::events::job::{Job, JobOutcome};
use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;
use crate::mutex::Mutex;

/// Actions of a jail that failed.
#[derive(Debug)]
pub(crate) struct FailedActions {
    /// The daemon's process, where it is known.
    pub(crate) process: Option<i32>,
    pub(crate) failures: Vec<ActionFailure>,
}

/// Problems that still hold. Each is forgotten once it is seen to be solved.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Jails that ran before a work and were lost by it.
    pub(crate) gone: Mutex<Vec<JailName>>,
    /// Jails that are not as their files say.
    pub(crate) short: Mutex<BTreeMap<JailName, Shortfall>>,
    /// Actions that failed when their jail was reloaded or started, with the daemon's process: another one has
    /// started them again.
    pub(crate) failed: Mutex<BTreeMap<JailName, FailedActions>>,
    /// The generation of the connection for which the configuration is held.
    pub(crate) held_generation: Mutex<Option<u64>>,
}

impl Standing {
    /// Notes which actions failed when `plan` was carried out on the daemon with this `process`. What failed
    /// before holds on where the jail was not started again: a reload does not start its actions.
    pub(crate) fn note_failed(&self, plan: &Plan, failed: &[JailFailures], process: Option<i32>) {
        let mut marked = self.failed.lock();
        for jail in plan.jails.iter().filter(|jail| jail.effect.ends_actions()) {
            marked.remove(&jail.jail);
        }
        for JailFailures { jail, failures } in failed {
            marked.insert(jail.clone(), FailedActions { process, failures: failures.clone() });
        }
    }

    /// Notes what fail2ban lost when it gave up.
    pub(crate) fn note_refusal(&self, error: &fail2ban::Error) {
        if let fail2ban::Error::Client(ClientError::Interrupted { gone, .. }) = error {
            let mut all = self.gone.lock();
            all.extend(gone.iter().cloned());
            all.sort();
            all.dedup();
        }
    }

    /// Notes how `job` ended. After a job on all jails, only the problems in its outcome remain.
    pub(crate) fn note_end(&self, job: &Job, outcome: &JobOutcome) {
        let JobOutcome::Done { short, gone, .. } = outcome else { return };
        let mut marked = self.short.lock();
        if let Some(jail) = job.jail() {
            marked.remove(jail);
        } else {
            marked.clear();
            self.gone.lock().clear();
        }
        // It ran, and should.
        let is_lost = |jail: &&JailName| short.iter().any(|short| short.jail == **jail);
        self.gone.lock().extend(gone.iter().filter(is_lost).cloned());
        marked.extend(short.iter().map(|short| (short.jail.clone(), short.clone())));
    }
}
