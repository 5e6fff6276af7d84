//! The restart of the daemon: until another process answers with its jails.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::broker::Token;
use crate::domain::jail::JailName;
use crate::domain::reload::PostCondition;
use crate::events::job::{JobFailure, JobOutcome};
use crate::jail_service::progress::job::Step;
use crate::jail_service::service::JailService;

use super::refusals::{refused, untested};

/// Time limit for a restarted daemon to answer.
const UNTIL_IT_ANSWERS: Duration = Duration::from_secs(90);
/// Time limit for the jails of a restarted daemon to come back: it answers before it has them.
const UNTIL_THE_JAILS_ARE_BACK: Duration = Duration::from_secs(30);
/// Time for which the list of jails must stay unchanged to count as complete, where some are
/// missing.
const UNCHANGED: Duration = Duration::from_secs(5);
/// Interval between two requests to a daemon that is starting.
const PAUSE: Duration = Duration::from_millis(200);

impl JailService {
    pub(crate) async fn run_restart(
        &self,
        token: Token,
        before: &[JailName],
    ) -> Result<PostCondition, JobOutcome> {
        let old = self.daemon.process_id().await.map_err(refused)?;
        self.daemon.restart_daemon(token).await.map_err(|error| self.given_up(error))?;
        self.at_step(Step::Waiting);
        if !self.answers_anew(old).await {
            return Err(JobOutcome::Failed(JobFailure::NotBack(UNTIL_IT_ANSWERS)));
        }
        self.jails_are_back(before).await
    }

    /// Tests the configuration, starts the daemon and waits for its jails.
    pub(crate) async fn run_start(&self) -> Result<JobOutcome, JobOutcome> {
        self.daemon.test().await.map_err(untested)?;
        self.at_step(Step::Working);
        // Where they cannot be read, those that come are all that are due.
        let due = self.configured.jails(&self.daemon, None).await.unwrap_or_default();
        self.daemon.start_daemon().await.map_err(refused)?;
        self.at_step(Step::Waiting);
        if !self.answers_anew(None).await {
            return Err(JobOutcome::Failed(JobFailure::NotBack(UNTIL_IT_ANSWERS)));
        }
        let PostCondition { unprotected, short } = self.jails_are_back(&due).await?;
        let running = self.daemon.jail_names().await.map_err(refused)?;
        let gone = due.into_iter().filter(|jail| !running.contains(jail)).collect();
        Ok(JobOutcome::Done {
            jails: running.len(),
            new: Vec::new(),
            gone,
            bans: None,
            unprotected,
            short,
            left_out: Vec::new(),
            failed: Vec::new(),
            not_in_force: BTreeMap::new(),
        })
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

    /// Waits until every jail is what its files say, or the list has settled without that.
    async fn jails_are_back(&self, before: &[JailName]) -> Result<PostCondition, JobOutcome> {
        let began = Instant::now();
        let (mut seen, mut changed) = (Vec::new(), Instant::now());
        loop {
            let told = match self.daemon.jail_names().await {
                Ok(names) => self.daemon.post_condition().await.map(|found| (names, found)),
                Err(error) => Err(error),
            };
            let is_late = began.elapsed() > UNTIL_THE_JAILS_ARE_BACK;
            match told {
                Ok((names, found)) => {
                    if found.short.is_empty() && before.iter().all(|jail| names.contains(jail)) {
                        return Ok(found);
                    }
                    if names != seen {
                        (seen, changed) = (names, Instant::now());
                    }
                    if is_late || (!seen.is_empty() && changed.elapsed() > UNCHANGED) {
                        return Ok(found);
                    }
                }
                Err(error) if is_late => return Err(refused(error)),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
