//! Bans with an end and a reason of their own: made, shown, kept and lifted.

pub(crate) mod keep;
pub(crate) mod list;
pub(crate) mod look;

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
    pub(super) wanted: Notify,
    pub(super) clock: Mutex<ClockWatch>,
    pub(super) runs: Mutex<HashMap<JailName, Run>>,
    /// When bans were prolonged. A list from before has their old ends, and no count shows it.
    pub(super) prolonged: Mutex<HashMap<(JailName, Target), Instant>>,
}

/// Figures of a jail that tell whether it was started again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) generation: u64,
    /// Number of bans since it started.
    pub(super) total: Option<u64>,
}
