//! Reloads and restarts: what they are, how far they are, and how they end.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::action_failure::JailFailures;
use crate::domain::ignore::NotInForce;
use crate::domain::jail::JailName;
use crate::domain::reload::{Plan, PlanDigest, Scope, Shortfall};
use crate::fail2ban::client_program::{ClientError, Misfit};

use super::single_flight::{Finished, Flight};

/// A long piece of work on the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Read the configuration of one jail again.
    ReloadJail(JailName),
    /// Start a jail that does not run.
    StartJail(JailName),
    /// End one jail and start it.
    RestartJail(JailName),
    /// Read the whole configuration again.
    ReloadAll,
    /// End the daemon and start it.
    Restart,
}

impl Job {
    /// The jail that it is about; `None` for all of them.
    #[must_use]
    pub fn jail(&self) -> Option<&JailName> {
        match self {
            Self::ReloadJail(jail) | Self::StartJail(jail) | Self::RestartJail(jail) => Some(jail),
            Self::ReloadAll | Self::Restart => None,
        }
    }

    /// Returns the part of fail2ban that is brought in line with its files.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::ReloadAll => Scope::All,
            Self::Restart => Scope::Daemon,
            Self::ReloadJail(jail) | Self::StartJail(jail) => Scope::Jail(jail.clone()),
            Self::RestartJail(jail) => Scope::RestartJail(jail.clone()),
        }
    }

    /// The name of its event in the log.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::ReloadJail(_) => "jail_reloaded",
            Self::StartJail(_) => "jail_started",
            Self::RestartJail(_) => "jail_restarted",
            Self::ReloadAll => "all_jails_reloaded",
            Self::Restart => "fail2ban_restarted",
        }
    }
}

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

/// A number of bans before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BanCounts {
    pub(crate) before: u64,
    pub(crate) now: u64,
}

/// Outcome of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// Done as it should be.
    Done {
        jails: usize,
        /// Jails that run now and did not before.
        new: Vec<JailName>,
        /// Jails that ran before and do not now.
        gone: Vec<JailName>,
        /// Number of bans in the restarted jails before and now, where it is known.
        bans: Option<BanCounts>,
        /// Jails that run without a failregex or without an action, and so protect nothing.
        unprotected: Vec<JailName>,
        /// Jails that are not as their files say.
        short: Vec<Shortfall>,
        /// Jails that were asked for and were left as they are, since their files are broken.
        left_out: Vec<String>,
        /// Actions that failed meanwhile, as far as is known.
        failed: Vec<JailFailures>,
        /// Kept ignore entries that could not be put back.
        not_in_force: BTreeMap<JailName, NotInForce>,
    },
    /// Nothing was done: the plan has a price that was not agreed to.
    NeedsConfirmation {
        /// Stands for the plan.
        plan: PlanDigest,
        /// True if another plan was agreed to.
        has_changed: bool,
    },
    /// fail2ban refused the configuration. Nothing was changed.
    ConfigurationRefused {
        /// Output of fail2ban.
        output: String,
    },
    /// The configuration, the program and the daemon do not belong together. Nothing was changed.
    Unfit(Misfit),
    /// It did not work.
    Failed(JobFailure),
}

/// Reason why a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobFailure {
    /// The daemon, or the broker in front of it, did not answer in the middle.
    Unanswered,
    /// fail2ban did not answer within this time after its restart.
    NotBack(Duration),
    /// The configuration could not be tested. Nothing was changed.
    Test(ClientError),
    /// The work itself failed.
    Work(ClientError),
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

impl JobOutcome {
    /// Returns true if all that was asked for was done, as far as is known.
    #[must_use]
    pub(crate) fn is_well(&self) -> bool {
        matches!(
            self,
            Self::Done { short, left_out, failed, not_in_force, .. }
                if short.is_empty() && left_out.is_empty() && failed.is_empty() && not_in_force.is_empty()
        )
    }
}

impl JobResult {
    /// Returns true if all that was asked for was done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome.is_well()
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
        self.last_within(now, |last| if last.is_done() { 60 } else { 3600 })
    }
}
