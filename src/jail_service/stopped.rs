//! The jails that do not run: which of them the configuration would start, and which were stopped from here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::jail::{JailName, Reading, Unread};
pub(crate) use crate::jail_service::service::JailService;

/// Why a jail that is stopped cannot be started from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unstartable {
    /// fail2ban-client cannot tell what the configuration has. Holds why.
    Unreadable(Unread),
    /// The configuration does not enable it.
    NotConfigured,
    /// fail2ban-client makes the commands of another version than the daemon reads.
    OtherVersion {
        /// The version of the program.
        program: String,
        /// The version of the daemon.
        daemon: String,
    },
}

/// That a jail was stopped from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// The account that stopped it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The jails that were stopped from here and were not seen to run since.
#[derive(Debug, Default)]
pub(crate) struct Stops(Mutex<BTreeMap<JailName, Stop>>);

impl Stops {
    pub(crate) fn remember(&self, jail: &JailName, by: &str) {
        self.stops().insert(jail.clone(), Stop { by: by.to_owned(), at: Timestamp::now() });
    }

    /// Forgets them all: after a reload of everything the jails are those of the configuration.
    pub(crate) fn clear(&self) {
        self.stops().clear();
    }

    /// A panic elsewhere leaves the map whole, so a poisoned lock is as good as any.
    fn stops(&self) -> MutexGuard<'_, BTreeMap<JailName, Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JailService {
    /// The jails that the configuration would start and that are not among `running`.
    ///
    /// # Errors
    /// fail2ban-client cannot tell. Holds why.
    pub(crate) async fn stopped_jails(&self, running: &[JailName]) -> Reading<Vec<JailName>> {
        let mut jails = self.configured.jails(&self.daemon, Some(running)).await?;
        jails.retain(|jail| !running.contains(jail));
        Ok(jails)
    }

    /// The jails that were stopped from here and are not among `running`.
    #[must_use]
    pub(crate) fn stops(&self, running: &[JailName]) -> BTreeMap<JailName, Stop> {
        let mut stops = self.stops.stops();
        stops.retain(|jail, _| !running.contains(jail));
        stops.clone()
    }

    /// Whether the configuration, as it is this moment, would start `jail`.
    pub(crate) async fn is_configured(&self, jail: &JailName) -> Reading<bool> {
        self.configured.forget().await;
        Ok(self.configured.jails(&self.daemon, None).await?.contains(jail))
    }

    /// Why `jail` could not be started from here; `None` where nothing is known to be in the way.
    pub(crate) async fn unstartable(&self, jail: &JailName) -> Option<Unstartable> {
        let (program, daemon) = tokio::join!(self.daemon.client_version(), self.daemon.version());
        if let (Ok(Ok(program)), Ok(daemon)) = (program, daemon)
            && program != daemon
        {
            return Some(Unstartable::OtherVersion { program, daemon });
        }
        match self.is_configured(jail).await {
            Ok(true) => None,
            Ok(false) => Some(Unstartable::NotConfigured),
            Err(why) => Some(Unstartable::Unreadable(why)),
        }
    }
}
