//! What the keeper of timed bans remembers.

use std::collections::HashMap;
use std::time::Instant;

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
}

/// Figures of a jail that tell whether it was started again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) generation: u64,
    /// Number of bans since it started.
    pub(crate) total: Option<u64>,
}
