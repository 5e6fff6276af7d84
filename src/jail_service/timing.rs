//! What the keeper of timed bans remembers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::domain::address::Target;
use crate::domain::jail::JailName;
use crate::domain::timed_ban::ClockWatch;
use crate::mutex::Mutex;

/// What the keeper of timed bans remembers.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    /// Held by whoever bans for a time or lifts bans, so that nothing is made again that is just being lifted.
    pub(crate) alone: tokio::sync::Mutex<()>,
    pub(crate) wanted: Notify,
    pub(crate) clock: Mutex<ClockWatch>,
    pub(crate) runs: Mutex<HashMap<JailName, Run>>,
    /// When bans were prolonged. A list from before has their old ends, and no count shows it.
    pub(crate) prolonged: Mutex<HashMap<(JailName, Target), Instant>>,
    /// When the audit was last told that they are prolonged.
    told: Mutex<HashMap<(JailName, Target), Instant>>,
}

/// The time for which one row of the audit tells that a ban is prolonged: in a jail that bans for a minute that happens
/// every forty seconds.
const TOLD_FOR: Duration = Duration::from_hours(24);

impl Timed {
    /// Those of `targets` of which the audit has not been told for a day that they are prolonged; now it is.
    pub(crate) fn not_told(&self, jail: &JailName, targets: &[Target]) -> Vec<Target> {
        let (now, mut told) = (Instant::now(), self.told.lock());
        let mut is_due = |target: &&Target| {
            let key = (jail.clone(), **target);
            let is_due = told.get(&key).is_none_or(|at| now.saturating_duration_since(*at) >= TOLD_FOR);
            if is_due {
                told.insert(key, now);
            }
            is_due
        };
        targets.iter().filter(|target| is_due(target)).copied().collect()
    }

    /// Forgets what is remembered of `targets`, which are kept no longer or in another way.
    pub(crate) fn forget(&self, jail: &JailName, targets: &[Target]) {
        let (mut prolonged, mut told) = (self.prolonged.lock(), self.told.lock());
        for target in targets {
            let key = (jail.clone(), *target);
            prolonged.remove(&key);
            told.remove(&key);
        }
    }
}

/// Figures of a jail that tell whether it was started again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) generation: u64,
    /// Number of bans since it started.
    pub(crate) total: Option<u64>,
}
