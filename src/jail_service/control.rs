//! Reload and restart: tested first, one at a time, and never called done before the daemon says so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::jail::JailName;
use crate::fail2ban::client_program::ClientError;
use crate::fail2ban::restart::RestartWay;

use super::work::{Job, Outcome, Step, WorkState};
use super::{Error, JailService};

/// How long a restarted daemon may take until it answers.
const UNTIL_IT_ANSWERS: Duration = Duration::from_secs(90);
/// How long the jails of a restarted daemon may take to come back: it answers before it has them.
const UNTIL_THE_JAILS_ARE_BACK: Duration = Duration::from_secs(30);
/// How long the list of jails must stay as it is to count as complete, where some are missing.
const UNCHANGED: Duration = Duration::from_secs(5);
/// Between two questions to a daemon that is starting.
const PAUSE: Duration = Duration::from_millis(200);

impl JailService {
    /// What is under way, and how the last work ended.
    #[must_use]
    pub fn work(&self) -> WorkState {
        self.work.state()
    }

    /// Waits for the end of what is under way, at most `patience`.
    pub async fn work_settled_within(&self, patience: Duration) {
        self.work.settled_within(patience).await;
    }

    /// How the daemon can be restarted from here, if at all.
    ///
    /// # Errors
    /// When there is nobody to ask; that the daemon does not answer is told inside.
    pub async fn restart_way(&self) -> Result<RestartWay, Error> {
        Ok(self.daemon.restart_way().await?)
    }

    /// Begins a reload of `jail`, or of all jails. Its progress and end are in [`Self::work`].
    ///
    /// # Errors
    /// When other work is under way, there is no such jail, or the daemon does not answer.
    pub async fn reload(self: &Arc<Self>, jail: Option<JailName>, by: &str) -> Result<(), Error> {
        match &jail {
            Some(jail) => drop(self.daemon.status(jail).await?),
            None => drop(self.daemon.version().await?),
        }
        let job = jail.clone().map_or(Job::ReloadAll, Job::ReloadJail);
        self.begin_reload(job, by)
    }

    /// Begins `job`, which is no restart of the daemon.
    pub(super) fn begin_reload(self: &Arc<Self>, job: Job, by: &str) -> Result<(), Error> {
        self.work.begin(job.clone(), by)?;
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = service.run_reload(&job).await;
            service.end_work(&job, outcome).await;
        });
        Ok(())
    }

    /// Forgets what `job` has made untrue, and tells how it ended.
    async fn end_work(&self, job: &Job, outcome: Outcome) {
        self.record_end_of_work(job, &outcome).await;
        self.ban_lists.forget_all();
        self.forget_settings();
        self.care_for_kept_ignores().await;
        self.idle.forget(job.jail());
        self.configured.forget().await;
        self.work.finish(outcome);
    }

    /// Begins a restart of the daemon. Its progress and end are in [`Self::work`].
    ///
    /// # Errors
    /// When other work is under way or there is no way to restart.
    pub async fn restart(self: &Arc<Self>, by: &str) -> Result<(), Error> {
        if let RestartWay::None { reason } = self.restart_way().await? {
            return Err(Error::NoRestart(reason));
        }
        self.work.begin(Job::Restart, by)?;
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = service.run_restart().await;
            service.end_work(&Job::Restart, outcome).await;
        });
        Ok(())
    }

    async fn run_reload(&self, job: &Job) -> Outcome {
        let before = match self.daemon.jail_names().await {
            Ok(before) => before,
            Err(error) => return unanswered(&error),
        };
        let tested = match self.daemon.test().await {
            Ok(Ok(tested)) => tested,
            Ok(Err(error)) => return refused(error),
            Err(error) => return unanswered(&error),
        };
        self.work.step(Step::Working);
        let done = match job {
            Job::RestartJail(jail) => self.daemon.restart_jail(tested, jail).await,
            Job::ReloadJail(jail) | Job::StartJail(jail) => self.daemon.reload_jail(tested, jail).await,
            Job::ReloadAll | Job::Restart => self.daemon.reload_all(tested).await,
        };
        match done {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return refused(error),
            Err(error) => return unanswered(&error),
        }
        self.work.step(Step::Waiting);
        self.compare(&before).await
    }

    async fn run_restart(&self) -> Outcome {
        let (before, old) = match (self.daemon.jail_names().await, self.daemon.process_id().await) {
            (Ok(before), Ok(old)) => (before, old),
            (Err(error), _) | (_, Err(error)) => return unanswered(&error),
        };
        // A daemon with a broken configuration does not start again.
        let tested = match self.daemon.test().await {
            Ok(Ok(tested)) => tested,
            Ok(Err(error)) => return refused(error),
            Err(error) => return unanswered(&error),
        };
        self.work.step(Step::Working);
        match self.daemon.restart_daemon(tested).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return refused(error),
            Err(error) => return unanswered(&error),
        }
        self.work.step(Step::Waiting);
        if !self.answers_anew(old).await {
            return Outcome::Failed {
                reason: format!(
                    "fail2ban did not answer within {} seconds after the restart. Look at its log and start it by hand.",
                    UNTIL_IT_ANSWERS.as_secs()
                ),
                words: String::new(),
            };
        }
        self.jails_are_back(&before).await;
        self.compare(&before).await
    }

    /// Waits until another process than `old` answers.
    async fn answers_anew(&self, old: Option<i32>) -> bool {
        let began = Instant::now();
        while began.elapsed() < UNTIL_IT_ANSWERS {
            let answered = self.daemon.version().await.is_ok();
            if answered && self.daemon.process_id().await.is_ok_and(|new| new != old) {
                return true;
            }
            tokio::time::sleep(PAUSE).await;
        }
        false
    }

    /// Waits until the jails of `before` run again, or the list has settled without them.
    async fn jails_are_back(&self, before: &[JailName]) {
        let began = Instant::now();
        let mut seen = Vec::new();
        let mut changed = Instant::now();
        while began.elapsed() < UNTIL_THE_JAILS_ARE_BACK {
            if let Ok(names) = self.daemon.jail_names().await {
                if before.iter().all(|jail| names.contains(jail)) {
                    return;
                }
                if names != seen {
                    seen = names;
                    changed = Instant::now();
                }
                if !seen.is_empty() && changed.elapsed() > UNCHANGED {
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn compare(&self, before: &[JailName]) -> Outcome {
        let (after, unprotected) =
            match (self.daemon.jail_names().await, self.daemon.jails_without_protection().await) {
                (Ok(after), Ok(unprotected)) => (after, unprotected),
                (Err(error), _) | (_, Err(error)) => return unanswered(&error),
            };
        let missing = |from: &[JailName], of: &[JailName]| {
            of.iter().filter(|jail| !from.contains(jail)).cloned().collect()
        };
        Outcome::Done {
            jails: after.len(),
            new: missing(before, &after),
            gone: missing(&after, before),
            unprotected,
        }
    }
}

fn unanswered(error: &crate::fail2ban::Error) -> Outcome {
    tracing::warn!(%error, "the daemon did not answer during the work");
    Outcome::Failed {
        reason: "fail2ban did not answer, so it is not known whether this was done. Look at the jails before you try again.".to_owned(),
        words: String::new(),
    }
}

fn refused(error: ClientError) -> Outcome {
    tracing::warn!(%error, "fail2ban-client refused");
    let (reason, words) = match error {
        ClientError::ConfigurationRefused { words } => return Outcome::ConfigurationRefused(words),
        ClientError::NotInstalled { program } => {
            (format!("{program} is not installed where BanGUI runs, so nothing was changed."), String::new())
        }
        ClientError::Untested => (
            "The test of the configuration was made too long ago, so nothing was changed. Try again.".to_owned(),
            String::new(),
        ),
        ClientError::UnknownJail(jail) => (
            format!(
                "The configuration does not enable {jail} any more, and reloading it would have removed it, so nothing was changed. Reload all jails if it is to go."
            ),
            String::new(),
        ),
        ClientError::Interrupted { words } => (
            "fail2ban gave up in the middle of it, and jails may be missing now. Look at the jails, mend what it says and reload again. It says:".to_owned(),
            words,
        ),
        ClientError::Failed { words } => ("It did not work. fail2ban says:".to_owned(), words),
        ClientError::Deadline(limit) => (
            format!("It was not done within {} minutes. fail2ban may still be at it: look at the jails before you try again.", limit.as_secs() / 60),
            String::new(),
        ),
    };
    Outcome::Failed { reason, words }
}
