//! A bound on the lines that a client can make the broker log.

use std::time::{Duration, Instant};

use crate::mutex::Mutex;

/// The most lines in a period. The rest is counted.
const MOST: u32 = 20;
const PERIOD: Duration = Duration::from_mins(1);

/// Lets a few lines through in each period.
#[derive(Debug)]
pub(crate) struct FewLines(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    since: Instant,
    written: u32,
    left_out: u64,
}

impl Default for FewLines {
    fn default() -> Self {
        Self(Mutex::new(Lines { since: Instant::now(), written: 0, left_out: 0 }))
    }
}

impl FewLines {
    /// Counts a line. Calls `write` if it is to be written, before which it says how many were not.
    pub(crate) fn line(&self, write: impl FnOnce()) {
        let Some(left_out) = self.next(Instant::now()) else { return };
        if left_out > 0 {
            tracing::warn!(left_out, "lines about peers were left out");
        }
        write();
    }

    /// Returns the number of lines that were left out before this one; `None` where it is left out itself.
    fn next(&self, now: Instant) -> Option<u64> {
        let mut lines = self.0.lock();
        if now.saturating_duration_since(lines.since) >= PERIOD {
            lines.since = now;
            lines.written = 0;
        }
        if lines.written == MOST {
            lines.left_out += 1;
            return None;
        }
        lines.written += 1;
        Some(std::mem::take(&mut lines.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_becomes_a_few_and_their_number() {
        let lines = FewLines::default();
        let now = Instant::now();
        let written = |count: u32, now| (0..count).filter_map(|_| lines.next(now)).collect::<Vec<_>>();
        assert_eq!(written(5_800, now), vec![0; 20]);
        assert_eq!(written(2, now + 2 * PERIOD), [5_780, 0]);
    }
}
