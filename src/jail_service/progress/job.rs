//! What is under way: at most one reload or restart at a time, and how the last one ended.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::jail::JailName;
use crate::domain::reload::{Plan, PlanDigest, Scope, Shortfall};
use crate::jail_service::error::Error;

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

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReloadJail(jail) => write!(f, "Reload of {jail}"),
            Self::StartJail(jail) => write!(f, "Start of {jail}"),
            Self::RestartJail(jail) => write!(f, "Restart of {jail}"),
            Self::ReloadAll => f.write_str("Reload of all jails"),
            Self::Restart => f.write_str("Restart of fail2ban"),
        }
    }
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

    /// What is brought to what the files say.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::ReloadAll => Scope::All,
            Self::Restart => Scope::Daemon,
            Self::ReloadJail(jail) | Self::StartJail(jail) => Scope::Jail(jail.clone()),
            Self::RestartJail(jail) => Scope::RestartJail(jail.clone()),
        }
    }

    /// What becomes of the bans, as one sentence.
    #[must_use]
    pub fn bans(&self) -> &'static str {
        match self {
            Self::ReloadJail(_) | Self::ReloadAll => "Bans were kept.",
            Self::Restart => "Bans were lifted, and fail2ban sets those again that it kept.",
            Self::StartJail(_) => "fail2ban sets the bans again that it kept and that have not ended.",
            Self::RestartJail(_) => "Its bans were lifted, and fail2ban sets those again that it kept.",
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

/// How far it is.
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
    /// What.
    pub(crate) job: Job,
    /// The account that asked for it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// How far it is.
    pub(crate) step: Step,
    /// What it comes to, once that is known.
    pub plan: Option<Plan>,
}

/// Work that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobResult {
    /// What, by whom, since when, and at which step it ended.
    pub work: JobRunning,
    /// When it ended.
    pub ended: Timestamp,
    /// How.
    pub outcome: JobOutcome,
}

/// How work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// As it should.
    Done {
        /// Jails that run now.
        jails: usize,
        /// Jails that run now and did not before.
        new: Vec<JailName>,
        /// Jails that ran before and do not now.
        gone: Vec<JailName>,
        /// Jails that run without a failregex or without an action, and so protect nothing.
        unprotected: Vec<JailName>,
        /// Jails that are not as their files say.
        short: Vec<Shortfall>,
    },
    /// Nothing was done: the plan has a price that was not agreed to.
    NeedsConfirmation {
        /// Stands for the plan.
        plan: PlanDigest,
        /// Whether another plan was agreed to.
        has_changed: bool,
    },
    /// fail2ban refused the configuration, in these words. Nothing was changed.
    ConfigurationRefused(String),
    /// The configuration, the program and the daemon do not belong together. Nothing was changed. Holds
    /// why, and what to do.
    Unfit(String),
    /// It did not work: one sentence, and fail2ban's words where there are any.
    Failed {
        /// What went wrong and what to do.
        reason: String,
        /// What the program printed.
        words: String,
    },
}

/// What there is to say about work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct JobState {
    /// What is under way.
    pub running: Option<JobRunning>,
    /// What ended last.
    pub last: Option<JobResult>,
}

impl JobRunning {
    /// How many seconds it has been under way at `now`.
    #[must_use]
    pub fn seconds(&self, now: &Timestamp) -> u64 {
        u64::try_from(now.as_second() - self.since.as_second()).unwrap_or(0)
    }

    /// What happens in `step`.
    #[must_use]
    pub(crate) fn step_words(&self, step: Step) -> String {
        match (step, &self.job) {
            (Step::Testing, _) => "Testing the configuration".to_owned(),
            (Step::Working, Job::ReloadJail(jail)) => format!("Reloading {jail}"),
            (Step::Working, Job::StartJail(jail)) => format!("Starting {jail}"),
            (Step::Working, Job::RestartJail(jail)) => format!("Restarting {jail}"),
            (Step::Working, Job::ReloadAll) => "Reloading all jails".to_owned(),
            (Step::Working, Job::Restart) => "Restarting fail2ban".to_owned(),
            (Step::Waiting, Job::Restart) => "Waiting until fail2ban answers with its jails".to_owned(),
            (Step::Waiting, _) => "Looking at the jails".to_owned(),
        }
    }
}

impl JobResult {
    /// Whether it did what was asked.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(&self.outcome, JobOutcome::Done { short, .. } if short.is_empty())
    }

    /// Whether `step` was done.
    #[must_use]
    pub(crate) fn has_done(&self, step: Step) -> bool {
        let is_tested = matches!(self.outcome, JobOutcome::NeedsConfirmation { .. });
        let is_over = matches!(self.outcome, JobOutcome::Done { .. });
        step < self.work.step || (is_over && self.is_done()) || (is_tested && step == self.work.step)
    }

    /// How it ended, in a few words.
    #[must_use]
    pub fn title(&self) -> String {
        let job = &self.work.job;
        match self.outcome {
            JobOutcome::Done { .. } if self.is_done() => format!("{job} done"),
            JobOutcome::Done { .. } => format!("{job} failed in part"),
            JobOutcome::NeedsConfirmation { .. } => format!("{job} needs your confirmation"),
            JobOutcome::ConfigurationRefused(_) => format!("{job} refused: the configuration has mistakes"),
            JobOutcome::Unfit(_) => format!("{job} refused"),
            JobOutcome::Failed { .. } => format!("{job} failed"),
        }
    }
}

impl JobState {
    /// What ended so lately that it is worth showing. A failure is longer than a success.
    #[must_use]
    pub(crate) fn recent(&self, now: &Timestamp) -> Option<&JobResult> {
        let worth = |last: &&JobResult| {
            let seconds = if last.is_done() { 60 } else { 3600 };
            now.as_second() - last.ended.as_second() < seconds
        };
        self.last.as_ref().filter(worth)
    }
}

/// The state of work, watched by whoever waits for its end.
#[derive(Debug, Default)]
pub(crate) struct JobSlot {
    state: watch::Sender<JobState>,
}

impl JobSlot {
    pub(crate) fn state(&self) -> JobState {
        self.state.borrow().clone()
    }

    /// Begins `job`, unless other work is under way.
    pub(crate) fn begin(&self, job: Job, by: &str) -> Result<(), Error> {
        let (by, since) = (by.to_owned(), Timestamp::now());
        let running = JobRunning { job, by, since, step: Step::Testing, plan: None };
        let begun = self.state.send_if_modified(|state| {
            let free = state.running.is_none();
            if free {
                state.running = Some(running);
            }
            free
        });
        if begun { Ok(()) } else { Err(Error::UnderWay) }
    }

    pub(crate) fn step(&self, step: Step) {
        self.state.send_modify(|state| {
            if let Some(running) = &mut state.running {
                running.step = step;
            }
        });
    }

    pub(crate) fn planned(&self, plan: Plan) {
        self.state.send_modify(|state| {
            if let Some(running) = &mut state.running {
                running.plan = Some(plan);
            }
        });
    }

    pub(crate) fn finish(&self, outcome: JobOutcome) {
        self.state.send_modify(|state| {
            if let Some(work) = state.running.take() {
                state.last = Some(JobResult { work, ended: Timestamp::now(), outcome });
            }
        });
    }

    /// Waits until nothing is under way, at most `patience`.
    pub(crate) async fn settled_within(&self, max_wait: Duration) {
        let mut watched = self.state.subscribe();
        // Either way the caller looks at the state: an elapsed wait means "still under way".
        let _elapsed =
            tokio::time::timeout(max_wait, watched.wait_for(|state| state.running.is_none())).await;
    }
}
