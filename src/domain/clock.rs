//! The clock that logins, sessions and waiting times count by.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Seconds by which a moment that was noted may lie ahead: clocks are set a little now and then. What lies further
/// ahead was noted by a clock that was wrong and has been set back since.
pub(crate) const AHEAD_AT_MOST: i64 = 60;

/// Returns true if what was noted `at` that time still counts `now`, which it does for so many `seconds`.
pub(crate) fn still_counts(at: i64, now: i64, seconds: i64) -> bool {
    (-AHEAD_AT_MOST..seconds).contains(&now.saturating_sub(at))
}

/// The time of day. Clones are the same clock. Tests move it on instead of waiting.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        Timestamp::now().as_second().saturating_add(self.ahead.load(Ordering::SeqCst))
    }

    /// Lets so much time pass at once. Only for tests: the program's own clock is never moved.
    pub fn pass(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the clock back. Only for tests.
    pub fn turn_back(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.ahead.fetch_sub(seconds, Ordering::SeqCst);
    }
}
