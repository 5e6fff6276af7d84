//! The room for targets in the file: so much in a while, and a little for each change beyond that. A client that
//! floods the record with long targets, to have older changes drop out of it, needs some ten thousand of them.

use std::time::{Duration, Instant};

/// Bytes of targets in a period.
const MOST: usize = 1024 * 1024;
const PERIOD: Duration = Duration::from_mins(10);
/// Bytes of targets of a change in any case.
const LEAST: usize = 256;

/// Bytes that are left in this period.
#[derive(Debug)]
pub(super) struct Room {
    since: Instant,
    left: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { since: Instant::now(), left: MOST }
    }
}

impl Room {
    /// Takes room for `wanted` bytes. Returns the number of bytes that there is room for.
    pub(super) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        if now.saturating_duration_since(self.since) >= PERIOD {
            *self = Self { since: now, left: MOST };
        }
        let taken = wanted.min(self.left.max(LEAST));
        self.left = self.left.saturating_sub(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_gets_little_room_and_others_what_they_need() {
        let (mut room, now) = (Room::default(), Instant::now());
        assert_eq!(room.take(16_384, now), 16_384);
        let flood: usize = (0..5_000).map(|_| room.take(16_384, now)).sum();
        assert!(flood < MOST + 5_000 * LEAST, "{flood}");
        assert_eq!((room.take(20, now), room.take(16_384, now)), (20, LEAST));
        assert_eq!(room.take(16_384, now + PERIOD), 16_384);
    }
}
