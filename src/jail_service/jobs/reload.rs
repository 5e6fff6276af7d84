//! Reload and restart: planned first, one at a time, and never called done before the daemon says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::broker::Token;
use crate::domain::action_failure::JailFailures;
use crate::domain::jail::JailName;
use crate::domain::reload::{KeptIgnores, Plan, PlanDigest, PostCondition};
use crate::events::Event;
use crate::events::job::{BanCounts, Job, JobOutcome};
use crate::fail2ban;
use crate::fail2ban::client_program::NoRestart;
use crate::fail2ban::client_program::restart::RestartWay;
use crate::jail_service::error::Error;
use crate::jail_service::progress::job::{JobRunning, JobState, Step};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

use super::refusals::{refused, untested};

/// Plan of a job, before it is carried out.
pub(crate) struct Prepared {
    pub(crate) token: Token,
    pub(crate) plan: Plan,
    pub(crate) digest: PlanDigest,
}

/// Preview of a job.
pub(crate) enum Preview {
    /// This.
    Planned {
        plan: Plan,
        /// Stands for the plan, to agree to it.
        digest: PlanDigest,
    },
    /// Nothing: it would end so, without being done.
    Refused(JobOutcome),
}

impl JailService {
    /// Returns the job that is under way, and the end of the last one.
    #[must_use]
    pub fn work(&self) -> JobState {
        self.work.state()
    }

    /// The restart of the daemon that is under way. Meanwhile it need not answer.
    #[must_use]
    pub(crate) fn restart_under_way(&self) -> Option<JobRunning> {
        self.work.state().running.filter(|running| {
            matches!(running.job, Job::Restart | Job::Start) && running.step > Step::Testing
        })
    }

    /// Fails where a reload or restart is under way, whatever the daemon would answer.
    pub(crate) fn require_no_work(&self) -> Result<(), Error> {
        if self.work.state().running.is_some() { Err(Error::UnderWay) } else { Ok(()) }
    }

    /// Waits for the end of what is under way, at most `patience`.
    pub(crate) async fn wait_for_job(&self, max_wait: Duration) {
        self.work.settled_within(max_wait).await;
    }

    /// Finds out how the daemon can be restarted from here, if at all.
    ///
    /// # Errors
    /// When there is nobody to ask. A daemon that does not answer is reported in the result.
    pub(crate) async fn restart_way(&self) -> Result<RestartWay, Error> {
        Ok(self.daemon.restart_way().await?)
    }

    /// Plans `job` without changing anything. Returns the plan and the digest to agree to it with,
    /// or the outcome with which it would end without being done.
    pub(crate) async fn preview(&self, job: &Job) -> Result<Preview, Error> {
        self.require_no_work()?;
        match job.jail() {
            Some(jail) => self.require_jail(jail, MaxAge::now()).await?,
            None => drop(self.daemon.version().await?),
        }
        let _alone = self.previewing.lock().await;
        Ok(match self.prepare(job).await {
            Ok(Prepared { plan, digest, .. }) => Preview::Planned { plan, digest },
            Err(outcome) => Preview::Refused(outcome),
        })
    }

    /// Begins a reload of `jail`, or of all jails, where its plan has no price or is the one that was
    /// `confirmed`. Its progress and end are in [`Self::work`].
    pub async fn reload(
        self: &Arc<Self>,
        jail: Option<JailName>,
        confirmed: Option<PlanDigest>,
        by: &str,
    ) -> Result<(), Error> {
        self.require_no_work()?;
        match &jail {
            Some(jail) => self.require_jail(jail, MaxAge::now()).await?,
            None => drop(self.daemon.version().await?),
        }
        let job = jail.clone().map_or(Job::ReloadAll, Job::ReloadJail);
        self.begin(job, confirmed, by)
    }

    /// Begins a restart of the daemon. Its progress and end are in [`Self::work`].
    pub async fn restart(self: &Arc<Self>, confirmed: Option<PlanDigest>, by: &str) -> Result<(), Error> {
        self.require_no_work()?;
        if let RestartWay::None(reason) = self.restart_way().await? {
            return Err(Error::NoRestart(reason));
        }
        self.begin(Job::Restart, confirmed, by)
    }

    /// Begins to start a daemon that does not run, by the command that is configured to restart it. Returns false
    /// where it runs.
    pub(crate) async fn start_daemon(self: &Arc<Self>, by: &str) -> Result<bool, Error> {
        self.require_no_work()?;
        if self.daemon.version().await.is_ok() {
            return Ok(false);
        }
        if !self.can_start_daemon().await {
            return Err(Error::NoRestart(NoRestart::Unreachable));
        }
        self.begin(Job::Start, None, by)?;
        Ok(true)
    }

    /// Returns true if a daemon that does not run can be started from here.
    pub(crate) async fn can_start_daemon(&self) -> bool {
        matches!(self.daemon.restart_way().await, Ok(RestartWay::Command(_)))
    }

    /// Begins `job`.
    pub(crate) fn begin(
        self: &Arc<Self>,
        job: Job,
        confirmed: Option<PlanDigest>,
        by: &str,
    ) -> Result<(), Error> {
        if !self.work.begin(JobRunning::begin(job.clone(), by)) {
            return Err(Error::UnderWay);
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = service.run(&job, confirmed).await;
            service.end_work(&job, outcome).await;
            service.watch_restoring().await;
        });
        Ok(())
    }

    /// Drops the cached data that `job` has made outdated, and publishes its outcome.
    async fn end_work(&self, job: &Job, mut outcome: JobOutcome) {
        if job.jail().is_none() && matches!(outcome, JobOutcome::Done { .. }) {
            self.stops.clear();
        }
        if !matches!(outcome, JobOutcome::NeedsConfirmation { .. }) {
            self.ban_lists.forget_all();
            self.forget_settings();
            self.care_for_kept_ignores().await;
            self.idle.forget(job.jail());
        }
        if let JobOutcome::Done { not_in_force, gone, .. } = &mut outcome {
            *not_in_force = self.not_in_force();
            not_in_force.retain(|jail, _| !gone.contains(jail) && job.jail().is_none_or(|own| own == jail));
        }
        let running = self.work.state().running;
        if let (JobOutcome::Done { .. }, Some(running)) = (&outcome, &running) {
            self.restarts.remember(running);
        }
        let by = running.map(|running| running.by);
        self.events.publish(Event::JobEnded { by, job: job.clone(), outcome: outcome.clone() }).await;
        self.note_end(job, &outcome).await;
        self.configured.forget().await;
        self.work.finish(outcome);
    }

    async fn run(&self, job: &Job, confirmed: Option<PlanDigest>) -> JobOutcome {
        self.try_run(job, confirmed).await.unwrap_or_else(|outcome| outcome)
    }

    async fn try_run(&self, job: &Job, confirmed: Option<PlanDigest>) -> Result<JobOutcome, JobOutcome> {
        if *job == Job::Start {
            return self.run_start().await;
        }
        let before = self.daemon.jail_names().await.map_err(refused)?;
        let Prepared { token, plan, digest } = self.prepare(job).await?;
        let is_agreed = confirmed.map_or(!plan.has_a_price(), |plan| plan == digest);
        self.work.update(|running| running.plan = Some(plan.clone()));
        if !is_agreed {
            return Err(JobOutcome::NeedsConfirmation { plan: digest, has_changed: confirmed.is_some() });
        }
        self.at_step(Step::Working);
        let found = match job {
            Job::Restart => self.run_restart(token, &before).await?,
            _ => self.run_load(token).await?,
        };
        let failed = self.daemon.action_failures().await.map_err(refused)?;
        self.compare(&plan, &before, found, failed).await
    }

    pub(crate) fn at_step(&self, step: Step) {
        self.work.update(|running| running.step = step);
    }

    /// Tries the configuration and plans `job`.
    async fn prepare(&self, job: &Job) -> Result<Prepared, JobOutcome> {
        let kept = self.kept_ignores().await.unwrap_or_else(|error| {
            // Then they count as lost, and are asked for.
            tracing::error!(%error, "kept ignore entries cannot be read");
            KeptIgnores::default()
        });
        let planned = self.daemon.plan(&job.scope(), &kept).await.map_err(untested)?;
        let mut plan = planned.plan;
        plan.note_idle(|jail| self.idle(jail) == Some(true));
        let bytes = [planned.configuration.as_slice(), &plan.bytes()].concat();
        plan.bans = self.count_bans(&plan).await;
        Ok(Prepared { token: planned.token, plan, digest: PlanDigest::of_plan(&bytes) })
    }

    /// Counts the bans in the jails that `plan` restarts; `None` where there are no such jails or a
    /// number is not known.
    pub(crate) async fn count_bans(&self, plan: &Plan) -> Option<u64> {
        plan.restarts().next()?;
        let summaries = self.daemon.summaries().await;
        let summaries =
            summaries.inspect_err(|error| tracing::debug!(%error, "the number of bans is not known")).ok()?;
        let restarted = summaries.jails.iter().filter(|jail| plan.restarts().any(|own| *own == jail.name));
        restarted.map(|jail| jail.status.as_ref().ok()?.banned_now.as_ref().ok().copied()).sum()
    }

    async fn run_load(&self, token: Token) -> Result<PostCondition, JobOutcome> {
        let found = self.daemon.load(token).await.map_err(|error| self.given_up(error))?;
        self.at_step(Step::Waiting);
        Ok(found)
    }

    pub(crate) fn given_up(&self, error: fail2ban::Error) -> JobOutcome {
        self.standing.note_refusal(&error);
        refused(error)
    }

    async fn compare(
        &self,
        plan: &Plan,
        before: &[JailName],
        found: PostCondition,
        failed: Vec<JailFailures>,
    ) -> Result<JobOutcome, JobOutcome> {
        let after = self.daemon.jail_names().await.map_err(refused)?;
        let missing = |from: &[JailName], of: &[JailName]| {
            of.iter().filter(|jail| !from.contains(jail)).cloned().collect()
        };
        Ok(JobOutcome::Done {
            jails: after.len(),
            new: missing(before, &after),
            gone: missing(&after, before),
            bans: plan
                .bans
                .zip(self.count_bans(plan).await)
                .map(|(before, now)| BanCounts::at_the_end(before, now)),
            unprotected: found.unprotected,
            short: found.short,
            left_out: plan.left_out(),
            failed,
            not_in_force: BTreeMap::new(),
        })
    }
}
