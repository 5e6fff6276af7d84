//! Proof of work: what a browser computes to have one attempt looked at though failures from elsewhere make the
//! account wait. Each login page that says so brings a task, which is good for some minutes and once.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::clock::Clock;
use crate::mutex::Mutex;

use super::throttle::Name;

/// Seconds for which a task is good: long enough to type the password again.
const HOLDS: i64 = 5 * 60;
/// Zero bits at first: 65,536 hashes on average, about a second on a phone.
const FIRST_BITS: u32 = 16;
/// Failures of an account after which its tasks take twice as long.
const DOUBLES_AFTER: u32 = 16;
/// Zero bits at most: 64 times the first work.
const MOST_BITS: u32 = FIRST_BITS + 6;

/// A task, as the visitor's session keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    nonce: u128,
    /// The name whose failures made it so hard, as the throttle counts it.
    name: Name,
    /// Zero bits that a hash has to begin with.
    pub(crate) bits: u32,
    at: i64,
    /// The run of the program that set it.
    run: u64,
}

impl Task {
    /// Text that is hashed in front of `:` and a number.
    pub(crate) fn nonce(&self) -> String {
        format!("{:032x}", self.nonce)
    }

    /// Returns true if `number` solves it.
    fn is_solved_by(&self, number: u64) -> bool {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(format!("{}:{number}", self.nonce())).into();
        u32::from_be_bytes([a, b, c, d]).leading_zeros() >= self.bits
    }
}

/// The tasks of this run of the program. Clones share them.
#[derive(Clone)]
pub(crate) struct Tasks {
    clock: Clock,
    run: u64,
    /// Those that were solved, with their moments. Each cost its work, so nobody fills this for nothing.
    solved: Arc<Mutex<HashMap<u128, i64>>>,
}

impl Tasks {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, run: rand::random(), solved: Arc::default() }
    }

    /// A new task for `name` with so many failures: the more were tried by work, the more it takes.
    pub(crate) fn set(&self, name: Name, failures: u32) -> Task {
        let bits = (FIRST_BITS + failures / DOUBLES_AFTER).min(MOST_BITS);
        Task { nonce: rand::random(), name, bits, at: self.clock.now(), run: self.run }
    }

    /// Uses the task up. Returns false if `number` does not solve it, or it was solved before, is too old, or was set
    /// for another name.
    pub(crate) fn take(&self, task: &Task, name: Name, number: u64) -> bool {
        let now = self.clock.now();
        let is_good = |at: i64| (0..HOLDS).contains(&(now - at));
        if task.run != self.run || task.name != name || !is_good(task.at) || !task.is_solved_by(number) {
            return false;
        }
        let mut solved = self.solved.lock();
        solved.retain(|_, at| is_good(*at));
        solved.insert(task.nonce, task.at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn solution(task: &Task) -> Option<u64> {
        (0..5_000_000).find(|number| task.is_solved_by(*number))
    }

    #[test]
    fn a_task_is_solved_once_within_five_minutes_and_in_its_run() -> Result<(), Box<dyn std::error::Error>> {
        let clock = Clock::default();
        let tasks = Tasks::new(clock.clone());
        // A real one takes long without optimisation.
        let easy = || Task { bits: 8, ..tasks.set(7, 0) };
        let task = easy();
        let number = solution(&task).ok_or("none")?;
        let wrong = (0..1000).find(|number| !task.is_solved_by(*number)).ok_or("none")?;
        assert!(!tasks.take(&task, 7, wrong) && !Tasks::new(clock.clone()).take(&task, 7, number));
        assert!(!tasks.take(&task, 8, number), "another name");
        assert!(tasks.take(&task, 7, number) && !tasks.take(&task, 7, number));
        let late = easy();
        let number = solution(&late).ok_or("none")?;
        clock.pass(Duration::from_mins(5));
        assert!(!tasks.take(&late, 7, number));
        Ok(())
    }

    #[test]
    fn failures_make_tasks_harder_up_to_a_limit() {
        let tasks = Tasks::new(Clock::default());
        let bits = [0, 5, 16, 40, 96, 10_000].map(|failures| tasks.set(7, failures).bits);
        assert_eq!(bits, [16, 16, 17, 18, 22, 22]);
    }
}
