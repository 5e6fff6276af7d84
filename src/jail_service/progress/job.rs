//! Reloads and restarts that are under way: how far they are.

use jiff::Timestamp;

use crate::domain::reload::Plan;
use crate::events::job::{Job, JobOutcome};

use super::single_flight::{Finished, Flight};

/// Step of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// fail2ban-client tests the configuration.
    Testing,
    /// The reload or restart itself.
    Working,
    /// The daemon is asked until it answers, with its jails.
    Waiting,
}

impl Step {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 3] = [Self::Testing, Self::Working, Self::Waiting];
}

/// Work under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobRunning {
    pub(crate) job: Job,
    pub by: String,
    pub since: Timestamp,
    pub(crate) step: Step,
    /// The plan of the job, once it is known.
    pub plan: Option<Plan>,
}

/// State of jobs: the one under way and the end of the last one.
pub(crate) type JobState = Flight<JobRunning, JobOutcome>;

/// Work that has ended.
pub(crate) type JobResult = Finished<JobRunning, JobOutcome>;

impl JobRunning {
    /// Work that is begun now.
    pub(crate) fn begin(job: Job, by: &str) -> Self {
        Self { job, by: by.to_owned(), since: Timestamp::now(), step: Step::Testing, plan: None }
    }

    /// Returns for how many seconds it has been under way at `now`.
    #[must_use]
    pub fn seconds(&self, now: &Timestamp) -> u64 {
        u64::try_from(now.as_second() - self.since.as_second()).unwrap_or(0)
    }
}

impl JobResult {
    /// Returns true if all that was asked for was done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome.is_well()
    }

    /// Returns true if it waits for somebody to agree.
    #[must_use]
    pub(crate) fn needs_confirmation(&self) -> bool {
        matches!(self.outcome, JobOutcome::NeedsConfirmation { .. })
    }

    /// Returns true if fail2ban is still restoring bans.
    #[must_use]
    pub(crate) fn is_restoring(&self) -> bool {
        matches!(&self.outcome, JobOutcome::Done { bans: Some(bans), .. } if !bans.is_settled)
    }

    /// Returns true if `step` was done.
    #[must_use]
    pub(crate) fn has_done(&self, step: Step) -> bool {
        let is_tested = matches!(self.outcome, JobOutcome::NeedsConfirmation { .. });
        step < self.work.step || self.is_done() || (is_tested && step == self.work.step)
    }
}

impl JobState {
    /// Returns the last job if it ended recently. A failure counts as recent for longer than a
    /// success.
    #[must_use]
    pub(crate) fn recent(&self, now: &Timestamp) -> Option<&JobResult> {
        self.last_within(now, |last| if last.is_done() && !last.is_restoring() { 60 } else { 3600 })
    }
}
