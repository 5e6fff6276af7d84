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

impl JailService {
    /// Counts the bans of the jails that the last job restarted, until there are as many as before it, or no more come.
    pub(crate) async fn watch_restoring(&self) {
        let Some(last) = self.work.state().last.filter(JobResult::is_restoring) else { return };
        let Some(plan) = last.work.plan else { return };
        let (mut most, mut grown) = (0, Instant::now());
        loop {
            tokio::time::sleep(PAUSE).await;
            // While fail2ban does not answer it is not known, and what was known stays.
            let counted = self.count_bans(&plan).await;
            if let Some(now) = counted
                && now > most
            {
                (most, grown) = (now, Instant::now());
            }
            let is_over = grown.elapsed() > UNCHANGED;
            let mut is_settled = false;
            let is_last = self.work.amend(last.ended, |outcome| {
                let JobOutcome::Done { bans: Some(bans), .. } = outcome else { return };
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
