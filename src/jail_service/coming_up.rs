//! A fail2ban that comes up: it answers before it has its jails, which then come one after another.

use std::time::{Duration, Instant};

use crate::domain::jail::JailName;
use crate::mutex::Mutex;

/// Time without a further jail after which those that are missing are not waited for.
const UNCHANGED: Duration = Duration::from_secs(5);

/// The jails of the last answers.
#[derive(Debug, Default)]
pub(crate) struct ComingUp(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    /// The generation of the connection.
    generation: u64,
    jails: Vec<JailName>,
    /// Jails of the daemon before this one that this one does not have yet.
    missing: Vec<JailName>,
    changed: Instant,
}

impl ComingUp {
    /// Notes an answer. Returns true if it is of another connection than before, and jails of before that are missing may
    /// still come.
    pub(crate) fn see(&self, generation: u64, jails: &[JailName], now: Instant) -> bool {
        let mut seen = self.0.lock();
        let Some(last) = seen.as_mut() else {
            *seen = Some(Seen { generation, jails: jails.to_vec(), missing: Vec::new(), changed: now });
            return false;
        };
        if last.generation != generation {
            // Those of before, and those that the daemon in between had not started yet.
            last.missing.append(&mut last.jails);
            (last.generation, last.changed) = (generation, now);
        }
        if last.jails != jails {
            (last.jails, last.changed) = (jails.to_vec(), now);
        }
        last.missing.retain(|jail| !jails.contains(jail));
        if now.duration_since(last.changed) > UNCHANGED {
            last.missing.clear();
        }
        !last.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_daemon_comes_up_until_it_has_the_jails_of_before_or_no_more_come()
    -> Result<(), Box<dyn std::error::Error>> {
        let [a, b]: [JailName; 2] = ["a".parse()?, "b".parse()?];
        let (both, one) = ([a.clone(), b], [a]);
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let coming_up = ComingUp::default();
        assert!(!coming_up.see(1, &both, at(0)), "nothing is known of a daemon before");
        assert!(!coming_up.see(1, &one, at(1)), "a jail was stopped");
        assert!(!coming_up.see(1, &both, at(2)));
        assert!(!coming_up.see(2, &both, at(3)), "only the connection is another one");
        assert!(coming_up.see(3, &[], at(10)));
        assert!(coming_up.see(3, &one, at(14)));
        assert!(coming_up.see(3, &one, at(18)), "the last came 4 s ago");
        assert!(!coming_up.see(3, &both, at(19)));
        assert!(coming_up.see(4, &one, at(30)));
        assert!(!coming_up.see(4, &one, at(36)), "no more come");
        assert!(!coming_up.see(4, &one, at(37)));
        Ok(())
    }
}
