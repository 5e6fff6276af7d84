//! Challenges: what a session waits for an answer to. Each is good for some minutes and once.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::account::AccountId;
use crate::domain::clock::Clock;
use crate::domain::passkey::Site;
use crate::mutex::Mutex;

/// Seconds for which a challenge waits for its answer: as long as browsers are told to.
const HOLDS: i64 = 5 * 60;

/// A question that was put to a browser. It is kept in the visitor's session, which browsers can neither read
/// nor change; whoever keeps an old session cookie still cannot use it twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Challenge {
    id: u128,
    /// The run of the program that asked.
    run: u64,
    at: i64,
    /// The site that it was asked at.
    pub(crate) site: Site,
    /// The account that it was put to; `None` if to anybody. What an account is asked need not verify its user, so
    /// it is no answer to the other.
    of: Option<AccountId>,
    /// WebAuthn's own part.
    pub(crate) state: Vec<u8>,
}

/// The challenges of this run of the program. Clones share them.
#[derive(Clone)]
pub(crate) struct Challenges {
    clock: Clock,
    run: u64,
    /// Those that a right answer has used up, with their moments. Wrong answers are not noted: they stay wrong,
    /// and nobody without a passkey can fill this.
    used: Arc<Mutex<HashMap<u128, i64>>>,
}

impl Challenges {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, run: rand::random(), used: Arc::default() }
    }

    /// A new challenge at `site` to the account `of`, or to anybody, of which `state` is kept.
    pub(crate) fn begin(&self, site: &Site, of: Option<AccountId>, state: Vec<u8>) -> Challenge {
        Challenge { id: rand::random(), run: self.run, at: self.clock.now(), site: site.clone(), of, state }
    }

    /// Returns true if the challenge was put to `of` at `site` some minutes ago and its answer has not come.
    pub(crate) fn is_open(&self, challenge: &Challenge, site: &Site, of: Option<AccountId>) -> bool {
        challenge.run == self.run
            && challenge.site == *site
            && challenge.of == of
            && (0..HOLDS).contains(&(self.clock.now() - challenge.at))
            && !self.used.lock().contains_key(&challenge.id)
    }

    /// Uses the challenge up, whose answer was right. Returns false if it was used before.
    pub(crate) fn use_up(&self, challenge: &Challenge) -> bool {
        let now = self.clock.now();
        let mut used = self.used.lock();
        used.retain(|_, at| (0..HOLDS).contains(&(now - *at)));
        used.insert(challenge.id, challenge.at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn site(host: &str) -> Site {
        Site { host: host.to_owned(), origin: format!("https://{host}") }
    }

    #[test]
    fn a_challenge_is_good_once_for_five_minutes_at_its_site_and_in_its_run() {
        let clock = Clock::default();
        let (challenges, own) = (Challenges::new(clock.clone()), site("a.example"));
        let first = challenges.begin(&own, None, vec![1]);
        assert!(challenges.is_open(&first, &own, None));
        assert!(!challenges.is_open(&first, &site("b.example"), None));
        assert!(!challenges.is_open(&first, &own, Some(AccountId(1))));
        assert!(!Challenges::new(clock.clone()).is_open(&first, &own, None), "after a restart");
        assert!(challenges.use_up(&first) && !challenges.use_up(&first));
        assert!(!challenges.is_open(&first, &own, None));
        let second = challenges.begin(&own, Some(AccountId(1)), vec![2]);
        clock.pass(Duration::from_secs(299));
        assert!(challenges.is_open(&second, &own, Some(AccountId(1))));
        assert!(
            !challenges.is_open(&second, &own, Some(AccountId(2)))
                && !challenges.is_open(&second, &own, None)
        );
        clock.pass(Duration::from_secs(1));
        assert!(!challenges.is_open(&second, &own, Some(AccountId(1))));
        assert!(challenges.use_up(&challenges.begin(&own, None, vec![3])));
        assert_eq!(challenges.used.lock().len(), 1, "what can no longer be used is forgotten");
    }
}
