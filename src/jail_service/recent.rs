//! Recent answers of the daemon, shared by all who ask the same: the daemon answers one at a time,
//! and the page of each browser polls every few seconds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crate::fail2ban::Error;
use crate::mutex::Mutex;

/// Time within which all who poll get the same answer, so that many cost the daemon no more than
/// one. As long as a page waits before it polls again.
const TURN: Duration = Duration::from_secs(5);
/// Greatest age of a list that is only looked at while many bans are being lifted.
const LATELY: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_mins(1);
/// Instant from which the turns are counted.
static FIRST_TURN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Limit on the age of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaxAge {
    /// The daemon was asked then, or later.
    pub(crate) since: Instant,
    /// Time at which the request came. A failure is shared only with those who were waiting for it.
    pub(crate) came: Instant,
    /// True if a page polls, so that nobody waits for the answer.
    pub(crate) by_itself: bool,
    /// True if the answer is only shown, so that a ban list will do that fail2ban has yet to confirm.
    pub(crate) is_shown: bool,
}

impl MaxAge {
    /// Limit for a request that waits: the present state. Requests that come meanwhile share the
    /// answer.
    #[must_use]
    pub fn now() -> Self {
        let now = Instant::now();
        Self { since: now, came: now, by_itself: false, is_shown: false }
    }

    /// Limit for a page that polls every 5 s: the state in this turn of 5 s.
    #[must_use]
    pub fn poll() -> Self {
        let now = Instant::now();
        let into_the_turn = now.duration_since(*FIRST_TURN).as_nanos() % TURN.as_nanos();
        let into_the_turn = Duration::from_nanos(u64::try_from(into_the_turn).unwrap_or_default());
        let since = now.checked_sub(into_the_turn).unwrap_or(now);
        Self { since, by_itself: true, ..Self::now() }
    }

    /// Limit for times of many changes at once: the state of a little before.
    #[must_use]
    pub(crate) fn lately() -> Self {
        let now = Instant::now();
        Self { since: now.checked_sub(LATELY).unwrap_or(now), ..Self::now() }
    }

    /// Limit for data that seldom change: the state of at most a minute ago.
    #[must_use]
    pub(crate) fn of_this_minute() -> Self {
        let now = Instant::now();
        Self { since: now.checked_sub(MINUTE).unwrap_or(now), ..Self::now() }
    }

    /// The same for an answer that is only shown.
    #[must_use]
    pub(crate) fn to_show(self) -> Self {
        Self { is_shown: true, ..self }
    }

    /// Returns true if an answer to a request of the time `asked` is recent enough.
    pub(crate) fn admits<T>(&self, asked: Instant, answer: &Result<T, Error>) -> bool {
        asked >= if answer.is_ok() { self.since } else { self.came }
    }
}

/// One answer. The lock is held while it is awaited, so that everybody waits for one.
type Slot<T> = Arc<tokio::sync::Mutex<Option<(Instant, Result<T, Error>)>>>;

/// The last answers of one kind, by what they are about.
#[derive(Debug)]
pub(crate) struct Recent<K, T> {
    slots: Mutex<HashMap<K, Slot<T>>>,
}

impl<K, T> Default for Recent<K, T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<K: Eq + Hash + Clone, T: Clone> Recent<K, T> {
    /// Returns the last answer about `about` if it is recent enough, or else the answer of `ask`.
    pub(crate) async fn get(
        &self,
        about: &K,
        freshness: MaxAge,
        ask: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let slot = Arc::clone(self.slots.lock().entry(about.clone()).or_default());
        let mut known = slot.lock().await;
        if let Some((asked, answer)) = &*known
            && freshness.admits(*asked, answer)
        {
            return answer.clone();
        }
        let asked = Instant::now();
        let answer = ask.await;
        if answer.is_err() {
            // Anybody may ask about a jail that is none.
            self.slots.lock().remove(about);
        }
        *known = Some((asked, answer.clone()));
        answer
    }

    /// Forgets every answer, after something was changed.
    pub(crate) fn forget(&self) {
        self.slots.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn ask(count: &AtomicU32) -> Result<u32, Error> {
        let answer = count.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        if answer == 0 { Err(Error::CutOff("the first".to_owned())) } else { Ok(answer) }
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_one_answer_and_who_comes_later_gets_another() {
        let (recent, count) = (Recent::default(), AtomicU32::new(1));
        let early = MaxAge::now();
        let both = futures_util::future::join(
            recent.get(&(), early, ask(&count)),
            recent.get(&(), early, ask(&count)),
        );
        assert!(matches!(both.await, (Ok(1), Ok(1))));
        assert!(matches!(recent.get(&(), MaxAge::now(), ask(&count)).await, Ok(2)));
        assert!(matches!(recent.get(&(), early, ask(&count)).await, Ok(2)));
        recent.forget();
        assert!(matches!(recent.get(&(), early, ask(&count)).await, Ok(3)));
    }

    #[tokio::test]
    async fn a_failure_is_shared_with_nobody_who_comes_after_it() {
        let (recent, count) = (Recent::default(), AtomicU32::new(0));
        let long_ago = MaxAge::lately();
        assert!(recent.get(&(), long_ago, ask(&count)).await.is_err());
        let later = MaxAge { came: Instant::now(), ..long_ago };
        assert!(matches!(recent.get(&(), later, ask(&count)).await, Ok(1)));
    }
}
