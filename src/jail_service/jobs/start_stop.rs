//! Starting, ending and restarting one jail.

use std::sync::Arc;

use crate::domain::action_failure::ActionFailure;
use crate::domain::jail::{JailName, Reading};
use crate::domain::reload::PlanDigest;
use crate::events::Event;
use crate::events::job::Job;
use crate::fail2ban;
use crate::fail2ban::protocol::reading::reading;
use crate::jail_service::error::{Error, is_unknown_jail};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;
use crate::jail_service::stops::Unstartable;

/// A jail that was asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It runs.
    Running,
    /// It does not run. The configuration would start it, or it was stopped from here.
    Stopped,
}

/// Effect of stopping a jail on its bans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StopEffect {
    pub bans: Reading<u64>,
    /// True if fail2ban keeps them, and sets them again when the jail starts.
    pub kept: Reading<bool>,
    /// Reason why it could not be started again from here.
    pub(crate) unstartable: Option<Unstartable>,
}

/// Effect of a restart on bans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestartEffect {
    /// Number of jails that are restarted.
    pub jails: usize,
    /// Number of their bans.
    pub bans: Reading<u64>,
    /// True if fail2ban keeps bans, and sets them again.
    pub kept: Reading<bool>,
}

/// A jail that was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// The actions that failed.
    pub failures: Vec<ActionFailure>,
    /// Reason why it cannot be started again from here.
    pub(crate) unstartable: Option<Unstartable>,
}

impl JailService {
    /// Finds out whether `jail` runs or is stopped.
    ///
    /// # Errors
    /// When there is no such jail, or it does not run and its configuration cannot be read; or the
    /// daemon does not answer.
    pub(crate) async fn presence(&self, jail: &JailName) -> Result<Presence, Error> {
        let unknown = match self.require_jail(jail, MaxAge::now()).await {
            Ok(()) => return Ok(Presence::Running),
            Err(Error::Daemon(error)) if is_unknown_jail(&error, jail) => error,
            Err(error) => return Err(error),
        };
        let running = self.daemon.jail_names().await?;
        if self.stops(&running).contains_key(jail) {
            return Ok(Presence::Stopped);
        }
        match self.stopped_jails(&running).await {
            Ok(jails) if jails.contains(jail) => Ok(Presence::Stopped),
            Ok(_) | Err(_) => Err(unknown.into()),
        }
    }

    /// Predicts the effect of stopping `jail` now; `None` when it does not run.
    pub(crate) async fn stop_effect(&self, jail: &JailName) -> Result<Option<StopEffect>, Error> {
        if self.presence(jail).await? == Presence::Stopped {
            return Ok(None);
        }
        let bans = self.daemon.status(jail).await?.banned_now;
        let kept = self.keeps_bans().await?;
        Ok(Some(StopEffect { bans, kept, unstartable: self.unstartable(jail).await }))
    }

    async fn keeps_bans(&self) -> Result<Reading<bool>, Error> {
        match self.daemon.keeps_bans().await {
            Err(error) if error.is_of_the_connection() => Err(error.into()),
            told => Ok(reading(told)),
        }
    }

    /// Predicts the effect of restarting `jail` now, or fail2ban with all jails.
    pub(crate) async fn restart_effect(
        &self,
        jail: Option<&JailName>,
        freshness: MaxAge,
    ) -> Result<RestartEffect, Error> {
        if let Some(jail) = jail {
            self.require_jail(jail, freshness).await?;
            let bans = self.daemon.status(jail).await?.banned_now;
            return Ok(RestartEffect { jails: 1, bans, kept: self.keeps_bans().await? });
        }
        let all = self.jails(freshness).await?;
        let counts = all.jails.iter().map(|jail| {
            jail.status.as_ref().map_err(Clone::clone).and_then(|status| status.banned_now.clone())
        });
        let (jails, bans) = (all.jails.len() + all.unusable.len(), counts.sum());
        Ok(RestartEffect { jails, bans, kept: self.keeps_bans().await? })
    }

    /// Ends `jail`. `None` where it did not run: ending a stopped jail is no error.
    pub(crate) async fn stop(&self, jail: &JailName, by: &str) -> Result<Option<Stopped>, Error> {
        self.require_no_work()?;
        if self.presence(jail).await? == Presence::Stopped {
            return Ok(None);
        }
        let failures = match self.daemon.stop(jail).await {
            Ok(failures) => failures,
            // Somebody else was faster.
            Err(error) if is_unknown_jail(&error, jail) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.idle.forget(Some(jail));
        self.standing.failed.lock().remove(jail);
        self.not_taken.forget(jail);
        self.forget_settings();
        self.ban_lists.forget(jail);
        self.stops.remember(jail, by);
        self.events.publish(Event::JailStopped(jail.clone())).await;
        self.publish_failures(jail, &failures).await;
        Ok(Some(Stopped { failures, unstartable: self.unstartable(jail).await }))
    }

    /// Begins to start `jail` with its whole configuration. Returns whether there was something to
    /// do: starting a running jail is no error. Progress and end are in [`Self::work`].
    pub async fn start(
        self: &Arc<Self>,
        jail: &JailName,
        confirmed: Option<PlanDigest>,
        by: &str,
    ) -> Result<bool, Error> {
        self.require_no_work()?;
        match self.require_jail(jail, MaxAge::now()).await {
            Ok(()) => return Ok(false),
            Err(Error::Daemon(error)) if is_unknown_jail(&error, jail) => {}
            Err(error) => return Err(error),
        }
        // Where that is not known the work itself tells why.
        if self.is_configured(jail).await == Ok(false) {
            if self.stops(&[]).contains_key(jail) {
                return Err(Error::NotConfigured(jail.clone()));
            }
            return Err(fail2ban::Error::UnknownJail(jail.to_string()).into());
        }
        self.begin(Job::StartJail(jail.clone()), confirmed, by)?;
        Ok(true)
    }

    /// Begins to end and start `jail`. Its progress and end are in [`Self::work`].
    pub(crate) async fn restart_jail(
        self: &Arc<Self>,
        jail: &JailName,
        confirmed: Option<PlanDigest>,
        by: &str,
    ) -> Result<(), Error> {
        self.require_no_work()?;
        self.daemon.status(jail).await?;
        self.begin(Job::RestartJail(jail.clone()), confirmed, by)
    }
}
