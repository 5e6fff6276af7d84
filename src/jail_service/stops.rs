//! Jails that were stopped from here, and why some of them cannot be started from here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::jail::JailName;

use super::configured::ConfigurationUnread;

/// Reason why a stopped jail cannot be started from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unstartable {
    /// The list of jails that the configuration enables cannot be read.
    Unreadable(ConfigurationUnread),
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

/// Record of a jail that was stopped from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// The account that stopped it.
    pub by: String,
    /// Time at which it was stopped.
    pub at: Timestamp,
}

/// The jails that were stopped from here and were not seen to run since.
#[derive(Debug, Default)]
pub(crate) struct Stops(Mutex<BTreeMap<JailName, Stop>>);

impl Stops {
    pub(crate) fn remember(&self, jail: &JailName, by: &str) {
        self.stops().insert(jail.clone(), Stop { by: by.to_owned(), at: Timestamp::now() });
    }

    /// Those that are not among `running`. Forgets the others.
    pub(crate) fn besides(&self, running: &[JailName]) -> BTreeMap<JailName, Stop> {
        let mut stops = self.stops();
        stops.retain(|jail, _| !running.contains(jail));
        stops.clone()
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
