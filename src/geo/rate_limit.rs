//! Rate limit for batches to ip-api.com: 15 a minute, and no sooner than the service itself allows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Batches that may be sent within a window (ip-api.com, "API Documentation: Batch JSON", usage limits).
pub(crate) const BATCHES: usize = 15;
/// Pause after a refusal that states no time.
const UNTOLD: Duration = Duration::from_mins(1);
/// The longest rest that is believed.
const LONGEST: Duration = Duration::from_hours(1);
/// Pause after a failure, so that a service that is down is not asked all the time.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Converts the stated seconds to a pause: one more, because they are rounded down.
fn rest(seconds: Option<u64>) -> Duration {
    seconds.map_or(UNTOLD, |seconds| Duration::from_secs(seconds.saturating_add(1))).min(LONGEST)
}

/// Record of the batches sent and of the stated limits.
#[derive(Debug)]
pub(crate) struct RateLimit {
    window: Duration,
    sent: VecDeque<Instant>,
    resting_until: Option<Instant>,
    /// Last value of `X-Rl`, and the time until which it holds.
    told: Option<(u32, Instant)>,
}

impl RateLimit {
    /// [`BATCHES`] within each `window`.
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, sent: VecDeque::new(), resting_until: None, told: None }
    }

    /// Returns the time to wait before the next batch.
    pub(crate) fn wait(&mut self, now: Instant) -> Duration {
        while self.sent.front().is_some_and(|sent| now.duration_since(*sent) >= self.window) {
            self.sent.pop_front();
        }
        let own = match self.sent.front() {
            Some(first) if self.sent.len() >= BATCHES => *first + self.window,
            _ => now,
        };
        self.resting_until.unwrap_or(now).max(own).saturating_duration_since(now)
    }

    /// A batch is being sent.
    pub(crate) fn spend(&mut self, now: Instant) {
        self.sent.push_back(now);
    }

    /// Notes the limits that an answer stated: how many more batches may be sent, and after how
    /// many seconds the count starts again.
    pub(crate) fn set_limits(&mut self, remaining: Option<u32>, seconds: Option<u64>, now: Instant) {
        let Some(remaining) = remaining else { return };
        let until = now + rest(seconds);
        self.told = Some((remaining, until));
        if remaining == 0 {
            self.resting_until = Some(until);
        }
    }

    /// Notes a refusal because too many were sent, and the stated seconds until it ends.
    pub(crate) fn refuse(&mut self, seconds: Option<u64>, now: Instant) {
        let until = now + rest(seconds);
        self.resting_until = Some(until);
        // It need not say in so many words that nothing is left.
        self.told = Some((0, until));
    }

    /// It did not answer, or not so that it can be used.
    pub(crate) fn fail(&mut self, now: Instant) {
        self.rest(AFTER_FAILURE, now);
    }

    /// Nothing is to be sent for `time` at least.
    pub(crate) fn rest(&mut self, time: Duration, now: Instant) {
        let until = now + time;
        self.resting_until = Some(self.resting_until.map_or(until, |resting| resting.max(until)));
    }

    /// Ends the rest after a failure, and no other.
    pub(crate) fn retry_now(&mut self, now: Instant) {
        self.resting_until =
            self.told.filter(|(remaining, until)| *remaining == 0 && *until > now).map(|(_, until)| until);
    }

    /// Returns how many batches may be sent before one has to wait.
    pub(crate) fn left(&self, now: Instant) -> usize {
        if self.resting_until.is_some_and(|until| until > now) {
            return 0;
        }
        let lately = self.sent.iter().filter(|sent| now.duration_since(**sent) < self.window).count();
        let own = BATCHES.saturating_sub(lately);
        let told = self.told.filter(|(_, until)| *until > now);
        told.map_or(own, |(remaining, _)| own.min(remaining as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_sixteenth_batch_waits_until_the_first_is_a_minute_old() {
        let (mut rate_limit, begin) = (RateLimit::new(SECOND * 60), Instant::now());
        for number in 0..15 {
            let now = begin + SECOND * number;
            assert_eq!(rate_limit.wait(now), Duration::ZERO, "{number}");
            rate_limit.spend(now);
        }
        assert_eq!(rate_limit.wait(begin + SECOND * 20), SECOND * 40);
        assert_eq!(rate_limit.left(begin + SECOND * 20), 0);
        assert_eq!(rate_limit.wait(begin + SECOND * 60), Duration::ZERO);
        rate_limit.spend(begin + SECOND * 60);
        assert_eq!(rate_limit.wait(begin + SECOND * 60), SECOND);
    }

    #[test]
    fn nothing_is_sent_while_it_told_that_nothing_is_left() {
        let (mut rate_limit, now) = (RateLimit::new(SECOND * 60), Instant::now());
        rate_limit.set_limits(Some(3), Some(50), now);
        assert_eq!((rate_limit.wait(now), rate_limit.left(now)), (Duration::ZERO, 3));
        rate_limit.set_limits(Some(0), Some(50), now);
        assert_eq!(
            (rate_limit.wait(now), rate_limit.left(now)),
            (SECOND * 51, 0),
            "the last second may be cut"
        );
        rate_limit.retry_now(now);
        assert_eq!(rate_limit.wait(now), SECOND * 51, "nobody may end this rest");
        assert_eq!(rate_limit.wait(now + SECOND * 51), Duration::ZERO);
    }

    #[test]
    fn a_refusal_is_waited_for_as_told_or_a_minute_and_never_for_ever() {
        let now = Instant::now();
        for (told, rest) in [(Some(7), SECOND * 8), (None, SECOND * 60), (Some(u64::MAX), LONGEST)] {
            let mut rate_limit = RateLimit::new(SECOND * 60);
            rate_limit.refuse(told, now);
            assert_eq!(rate_limit.wait(now), rest, "{told:?}");
            rate_limit.retry_now(now);
            assert_eq!(rate_limit.wait(now), rest, "nobody may end this rest: {told:?}");
        }
    }

    #[test]
    fn the_rest_after_a_failure_can_be_ended() {
        let (mut rate_limit, now) = (RateLimit::new(SECOND * 60), Instant::now());
        rate_limit.fail(now);
        assert_eq!(rate_limit.wait(now), AFTER_FAILURE);
        rate_limit.retry_now(now);
        assert_eq!(rate_limit.wait(now), Duration::ZERO);
    }
}
