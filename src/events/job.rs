//! Reloads and restarts: what they are, and how they end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::action_failure::JailFailures;
use crate::domain::ignore::NotInForce;
use crate::domain::jail::JailName;
use crate::domain::reload::{PlanDigest, Scope, Shortfall};
use crate::fail2ban::client_program::{ClientError, Misfit};

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
    /// Start the daemon, which does not run.
    Start,
}

impl Job {
    /// The jail that it is about; `None` for all of them.
    #[must_use]
    pub fn jail(&self) -> Option<&JailName> {
        match self {
            Self::ReloadJail(jail) | Self::StartJail(jail) | Self::RestartJail(jail) => Some(jail),
            Self::ReloadAll | Self::Restart | Self::Start => None,
        }
    }

    /// Returns the part of fail2ban that is brought in line with its files.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::ReloadAll => Scope::All,
            Self::Restart | Self::Start => Scope::Daemon,
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
            Self::Start => "fail2ban_started",
        }
    }
}

/// A number of bans before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BanCounts {
    pub(crate) before: u64,
    pub(crate) now: u64,
    /// False while fail2ban goes on restoring them, which it does behind the end of a job.
    pub(crate) is_settled: bool,
}

impl BanCounts {
    /// Counts as they are when a job ends.
    pub(crate) fn at_the_end(before: u64, now: u64) -> Self {
        Self { before, now, is_settled: now >= before }
    }
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
