//! The bans that come back behind a restart: fail2ban restores them one by one, after its jails run.

use std::time::{Duration, Instant};

use crate::events::job::JobOutcome;
use crate::jail_service::progress::job::JobResult;
use crate::jail_service::service::JailService;

/// Interval between two counts.
const PAUSE: Duration = Duration::from_secs(1);
/// Time without a further ban after which no more are waited for: the others have expired meanwhile, or cannot be
/// restored.
const UNCHANGED: Duration = Duration::from_secs(15);

/// The progress of the bans that come back.
struct Progress {
    most: u64,
    /// When the last one came, or when fail2ban did not answer.
    grown: Instant,
}

impl Progress {
    /// Notes a count. Returns true if no more are waited for. `None` is no answer: then nothing is known to be over, and
    /// the wait begins anew.
    fn is_over(&mut self, counted: Option<u64>, now: Instant) -> bool {
        match counted {
            None => self.grown = now,
            Some(bans) if bans > self.most => (self.most, self.grown) = (bans, now),
            Some(_) => {}
        }
        now.duration_since(self.grown) > UNCHANGED
    }
}

impl JailService {
    /// Counts the bans of the jails that the last job restarted, until there are as many as before it, or no more come.
    pub(crate) async fn watch_restoring(&self) {
        let Some(last) = self.work.state().last.filter(JobResult::is_restoring) else { return };
        let Some(plan) = last.work.plan else { return };
        let mut progress = Progress { most: 0, grown: Instant::now() };
        loop {
            tokio::time::sleep(PAUSE).await;
            let counted = self.count_bans(&plan).await;
            let is_over = progress.is_over(counted, Instant::now());
            let mut is_settled = false;
            let is_last = self.work.amend(last.ended, |outcome| {
                let JobOutcome::Done { bans: Some(bans), .. } = outcome else { return };
                // While fail2ban does not answer, what was known stays.
                bans.now = counted.unwrap_or(bans.now);
                bans.is_settled = is_over || bans.now >= bans.before;
                is_settled = bans.is_settled;
            });
            if is_settled || !is_last {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_are_waited_for_until_no_more_come_and_a_silence_is_no_end() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut progress = Progress { most: 0, grown: begin };
        assert!(!progress.is_over(Some(40), at(1)));
        for second in 2..60 {
            assert!(!progress.is_over(None, at(second)), "{second}");
        }
        assert!(!progress.is_over(Some(40), at(74)));
        assert!(!progress.is_over(Some(41), at(75)));
        assert!(!progress.is_over(Some(41), at(90)));
        assert!(progress.is_over(Some(41), at(91)));
    }
}
