//! The login throttle: some failures are free, then each makes the next attempt wait longer.
//!
//! Own code, because the well-known limiters (governor) let a fixed rate pass: they know neither steps
//! that grow nor an attempt that is given back.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::account::without_case;
use crate::domain::clock::{Clock, still_counts};
use crate::domain::one_person::one_person;

/// Accounts and addresses counted at once: about 4 MB.
const MOST_KEYS: usize = 50_000;
/// Accounts and addresses left when there were too many.
const KEYS_LEFT: usize = MOST_KEYS / 2;
/// Seconds without a failure after which failures are forgotten. Longer than every wait.
const FORGOTTEN_AFTER: i64 = 60 * 60;

/// The number of free failures, and the waits of attempts after more, in seconds.
#[derive(Clone, Copy)]
struct Steps {
    free: u32,
    first: i64,
    longest: i64,
}

/// Steps for an account.
const ACCOUNT: Steps = Steps { free: 5, first: 5, longest: 5 * 60 };
/// Steps for an address, which several people may share.
const ADDRESS: Steps = Steps { free: 10, first: 5, longest: 15 * 60 };

impl Steps {
    /// Returns the seconds to wait after this many failures.
    fn wait(self, failures: u32) -> i64 {
        match failures.checked_sub(self.free) {
            None => 0,
            // 2^16 times any first step is beyond every longest.
            Some(more) => (self.first << more.min(16)).min(self.longest),
        }
    }
}

/// A typed name without case, as its hash under a key of this process: whoever types long names fills
/// no memory, and nobody can choose two names with one hash.
pub(crate) type Name = u64;

/// A subject whose failures are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// A name, whether there is such an account or not, from wherever.
    Account(Name),
    /// A name from an address where its account has logged in lately. Failures from elsewhere do not count
    /// here; otherwise anybody could keep the owner out.
    AtKnownAddress(Name, IpAddr),
    /// A name whose password was right: only those who know it can fail here.
    SecondStep(Name),
    /// An address, whatever the name.
    Address(IpAddr),
}

/// Kind of an attempt to log in: the failures it waits for, and the counts that its own failure adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From an address where the account has logged in lately.
    Known,
    /// From any other.
    Unknown,
    /// From any other, let through the wait that the failures of others have caused.
    LetThrough,
    /// After the right password, from any other.
    SecondStep,
    /// By a password and a code at once, either of which may be wrong. No failure of it makes the account wait.
    ToBeLetThrough,
    /// After the right one of these passwords. The second step waits for its failures.
    CodeBeside,
}

impl Way {
    /// The keys that count, and among them those that let wait.
    fn keys(self, name: Name, from: IpAddr) -> (Vec<Key>, Vec<Key>) {
        let address = Key::Address(from);
        let all = match self {
            Self::Known => vec![Key::AtKnownAddress(name, from), address],
            Self::Unknown => vec![Key::Account(name), address],
            Self::LetThrough => return (vec![Key::Account(name), address], vec![address]),
            Self::SecondStep => {
                let waits = vec![Key::SecondStep(name), address];
                return (vec![Key::Account(name), Key::SecondStep(name), address], waits);
            }
            Self::ToBeLetThrough => vec![address],
            Self::CodeBeside => vec![Key::SecondStep(name)],
        };
        (all.clone(), all)
    }
}

impl Key {
    fn steps(self) -> Steps {
        match self {
            Self::Account(_) | Self::AtKnownAddress(..) | Self::SecondStep(_) => ACCOUNT,
            Self::Address(_) => ADDRESS,
        }
    }
}

/// The failures of a key. Times are in seconds since 1970.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    failures: u32,
    last: i64,
    /// The moment from which the next attempt is tried.
    open_at: i64,
}

/// Counts failures by account and by address, in memory. Clones are the same throttle.
#[derive(Clone)]
pub(crate) struct Throttle {
    clock: Clock,
    hasher: RandomState,
    counts: Arc<Mutex<HashMap<Key, Count>>>,
}

/// An attempt that may be tried. It counts as failed unless it is given back.
#[must_use]
pub(crate) struct Attempt {
    throttle: Throttle,
    /// Each key with its count before and since this attempt.
    counted: Vec<(Key, Count, Count)>,
}

impl Throttle {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, hasher: RandomState::new(), counts: Arc::default() }
    }

    /// Counts an attempt as failed before it is tried, so that no more of many at once pass than one after
    /// the other.
    ///
    /// # Errors
    /// The time to wait. An attempt that has to wait does not make the wait longer.
    pub(crate) fn begin(&self, name: &str, from: IpAddr, way: Way) -> Result<Attempt, Duration> {
        let (keys, waits) = way.keys(self.name(name), one_person(from));
        let now = self.clock.now();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let before: Vec<_> = keys.into_iter().map(|key| (key, current(&counts, key, now))).collect();
        let waiting = before.iter().filter(|(key, _)| waits.contains(key));
        let wait = waiting.map(|(_, count)| count.open_at - now).max().unwrap_or(0);
        if let Ok(seconds @ 1..) = u64::try_from(wait) {
            return Err(Duration::from_secs(seconds));
        }
        make_room(&mut counts, now);
        let counted = before.into_iter().map(|(key, before)| {
            let failures = before.failures.saturating_add(1);
            let since = Count { failures, last: now, open_at: now + key.steps().wait(failures) };
            counts.insert(key, since);
            (key, before, since)
        });
        let counted = counted.collect();
        Ok(Attempt { throttle: self.clone(), counted })
    }

    /// A typed name, as it is counted.
    pub(crate) fn name(&self, name: &str) -> Name {
        self.hasher.hash_one(without_case(name))
    }

    /// Number of failures by which `name` has to wait from an address that is not known; `None` if it has not.
    pub(crate) fn failures_to_wait_for(&self, name: &str) -> Option<u32> {
        let now = self.clock.now();
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = current(&counts, Key::Account(self.name(name)), now);
        (count.open_at > now).then_some(count.failures)
    }

    /// The time that every attempt from an address has to wait, whatever the name.
    pub(crate) fn wait_of_address(&self, from: IpAddr) -> Option<Duration> {
        let now = self.clock.now();
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = current(&counts, Key::Address(one_person(from)), now).open_at - now;
        u64::try_from(wait).ok().filter(|wait| *wait > 0).map(Duration::from_secs)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Attempt {
    /// Takes the attempt out of the count, because it did not fail. Other failures stay counted: whoever has
    /// an account must not win free attempts at another by logging in.
    pub(crate) fn give_back(self) {
        let mut counts = self.throttle.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, before, since) in self.counted {
            let Some(count) = counts.get_mut(&key) else { continue };
            if *count == since {
                *count = before;
            } else {
                count.failures = count.failures.saturating_sub(1);
                if count.failures < key.steps().free {
                    count.open_at = 0;
                }
            }
            if count.failures == 0 {
                counts.remove(&key);
            }
        }
    }
}

fn is_forgotten(count: &Count, now: i64) -> bool {
    // If the clock was set back, nobody waits until it is again as late as it was.
    !still_counts(count.last, now, FORGOTTEN_AFTER)
}

fn current(counts: &HashMap<Key, Count>, key: Key, now: i64) -> Count {
    counts.get(&key).copied().filter(|count| !is_forgotten(count, now)).unwrap_or_default()
}

/// Drops what is forgotten, and then those with the fewest and oldest
/// failures: names and addresses that were tried once go before the one that is under attack.
fn make_room(counts: &mut HashMap<Key, Count>, now: i64) {
    if counts.len() + 3 <= MOST_KEYS {
        return;
    }
    counts.retain(|_, count| !is_forgotten(count, now));
    let Some(surplus) = counts.len().checked_sub(KEYS_LEFT).filter(|surplus| *surplus > 0) else { return };
    let mut ranks: Vec<(u32, i64, Key)> =
        counts.iter().map(|(key, count)| (count.failures, count.last, *key)).collect();
    ranks.select_nth_unstable_by_key(surplus - 1, |(failures, last, _)| (*failures, *last));
    for (_, _, key) in &ranks[..surplus] {
        counts.remove(key);
    }
}

#[cfg(test)]
mod tests;
