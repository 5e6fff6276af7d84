//! Whether fail2ban protects: what the head of every page shows. Green takes an answer and jails that all work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::jail::{JailList, JailName};
use crate::domain::lack::{Lack, LackingJail};
use crate::events::job::Job;
use crate::fail2ban;

use super::recent::MaxAge;
use super::service::JailService;

/// Reason why a jail does not protect as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// The configuration would start it, or it was stopped from here.
    Stopped,
    /// It was made idle from here.
    Idle,
    /// It runs without what a ban takes.
    Lacks(Lack),
    /// An action failed when it was started.
    ActionFailed,
    /// It is not as its files say since it was reloaded.
    NotAsConfigured,
    /// fail2ban cannot be asked about it.
    Unusable,
    /// Its ignore list may hold every address.
    MayIgnoreEverybody,
}

/// State of fail2ban and its jails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    /// fail2ban's version.
    pub version: String,
    /// Number of jails that run.
    pub running: usize,
    /// Jails with a trouble, each with its worst, by fail2ban's name for it.
    pub troubles: Vec<(String, Trouble)>,
    /// The restart of it that is under way from here.
    pub restart: Option<Job>,
    /// True while jails of another fail2ban than before come up, one after another.
    pub is_starting: bool,
}

impl Health {
    /// Returns true if at least one jail runs, and nothing is known to be wrong with any.
    pub(crate) fn is_well(&self) -> bool {
        self.running > 0 && self.troubles.is_empty() && self.restart.is_none() && !self.is_starting
    }

    /// Returns the number of jails that run or should.
    pub(crate) fn jails(&self) -> usize {
        self.running + self.troubles.iter().filter(|(_, trouble)| *trouble == Trouble::Stopped).count()
    }
}

impl JailService {
    /// Finds out whether fail2ban protects. `Err` where it did not answer within `max_wait`; the question goes on
    /// then, for others, and ends by the deadline of every question.
    pub(crate) async fn health_within(
        self: &Arc<Self>,
        freshness: MaxAge,
        max_wait: Duration,
    ) -> Result<Health, fail2ban::Error> {
        let service = Arc::clone(self);
        let asked = tokio::spawn(async move { service.health(freshness).await });
        match tokio::time::timeout(max_wait, asked).await {
            Ok(Ok(health)) => health,
            Ok(Err(error)) => Err(fail2ban::Error::Unreadable(error.to_string())),
            Err(_) => Err(self.daemon.silence(max_wait).await),
        }
    }

    async fn health(self: &Arc<Self>, freshness: MaxAge) -> Result<Health, fail2ban::Error> {
        let JailList { names, unusable } =
            self.recent.jail_list.get(&(), freshness, self.daemon.jail_list()).await?;
        let version = self.version_of_this_connection().await?;
        let lacking = self.lacking(&names).await?;
        let mut troubles: Vec<(String, Trouble)> = Vec::new();
        let mut add = |jail: &JailName, trouble| {
            if !troubles.iter().any(|(known, _)| known == jail.as_str()) {
                troubles.push((jail.to_string(), trouble));
            }
        };
        self.stopped_at_hand(&names).iter().for_each(|jail| add(jail, Trouble::Stopped));
        names.iter().filter(|jail| self.idle(jail) == Some(true)).for_each(|jail| add(jail, Trouble::Idle));
        lacking.iter().for_each(|own| add(&own.jail, Trouble::Lacks(own.lack)));
        let runs = |jail: &&JailName| names.contains(jail);
        self.failed_actions().await.keys().filter(runs).for_each(|jail| add(jail, Trouble::ActionFailed));
        let short: Vec<JailName> = self.standing.short.lock().keys().cloned().collect();
        short.iter().filter(runs).for_each(|jail| add(jail, Trouble::NotAsConfigured));
        let disarmed = self.jails_that_may_ignore_everybody().await;
        disarmed.iter().filter(runs).for_each(|jail| add(jail, Trouble::MayIgnoreEverybody));
        let running = names.len() + unusable.len();
        troubles.extend(unusable.into_iter().map(|jail| (jail.name, Trouble::Unusable)));
        let restart = self.restart_under_way().map(|running| running.job);
        let is_starting = self.coming_up.see(self.daemon.generation(), &names, Instant::now());
        Ok(Health { version, running, troubles, restart, is_starting })
    }

    /// fail2ban's version, which is asked once in each connection: another one may lead to another daemon.
    async fn version_of_this_connection(&self) -> Result<String, fail2ban::Error> {
        let known = self.recent.version_of.lock().clone();
        match known {
            Some((generation, version)) if generation == self.daemon.generation() => Ok(version),
            _ => {
                let version = self.daemon.version().await?;
                *self.recent.version_of.lock() = Some((self.daemon.generation(), version.clone()));
                Ok(version)
            }
        }
    }

    /// What the jails that run lack, as it was a minute ago at most: only a change of the configuration changes it.
    async fn lacking(&self, names: &[JailName]) -> Result<Arc<Vec<LackingJail>>, fail2ban::Error> {
        let ask = async || {
            let lacking = Arc::new(self.daemon.lacking_jails().await?);
            Ok((self.daemon.generation(), names.to_vec(), lacking))
        };
        let (generation, asked, lacking) =
            self.recent.lacking.get(&(), MaxAge::of_this_minute(), ask()).await?;
        if generation == self.daemon.generation() && asked == names {
            return Ok(lacking);
        }
        let (_, _, lacking) = self.recent.lacking.get(&(), MaxAge::now(), ask()).await?;
        Ok(lacking)
    }

    /// What is known without waiting of the jails that should run and do not. Where that is old, it is found out in
    /// the background, for the next look.
    fn stopped_at_hand(self: &Arc<Self>, running: &[JailName]) -> Vec<JailName> {
        let (configured, is_due) = self.configured.at_hand(running);
        if is_due {
            let (service, running) = (Arc::clone(self), running.to_vec());
            tokio::spawn(
                async move { drop(service.configured.jails(&service.daemon, Some(&running)).await) },
            );
        }
        let (stopped_here, lost) = (self.stops(running).into_keys(), self.standing.gone.lock().clone());
        let mut stopped: Vec<JailName> = configured.into_iter().chain(stopped_here).chain(lost).collect();
        stopped.retain(|jail| !running.contains(jail));
        stopped.sort();
        stopped.dedup();
        stopped
    }
}
