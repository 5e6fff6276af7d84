//! The ban lists of several jails, and what of them is not known: one that cannot be read costs no other.

use crate::domain::ban::UnreadEntries;
use crate::domain::jail::{JailName, Unread, UnusableReason};
use crate::fail2ban;

use super::ban_lists::list::JailBans;

/// The ban lists of several jails.
#[derive(Debug)]
pub(crate) struct AllBans {
    /// Every jail that runs and can be asked about.
    pub jails: Vec<JailName>,
    /// The lists that were asked for.
    pub lists: Vec<(JailName, JailBans)>,
    pub(crate) gaps: Vec<Gap>,
}

/// Gap in what is known of a jail's ban list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The jail, as fail2ban names it.
    pub jail: String,
    pub missing: Missing,
}

/// A part of a ban list that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The whole list.
    List(Unread),
    /// The whole list: fail2ban cannot be asked about the jail.
    Jail(UnusableReason),
    /// Some of its entries.
    Entries(UnreadEntries),
}

impl Gap {
    /// Returns the gap of a list that was read; `None` where nothing is missing.
    #[must_use]
    pub fn of_entries(jail: &JailName, bans: &JailBans) -> Option<Self> {
        let unread = &bans.list.unread;
        let gap = || Self { jail: jail.to_string(), missing: Missing::Entries(unread.clone()) };
        (unread.count > 0).then(gap)
    }

    /// The whole list is missing.
    pub(crate) fn of_list(jail: &JailName, error: &fail2ban::Error) -> Self {
        tracing::warn!(%jail, %error, "a ban list cannot be read");
        Self { jail: jail.to_string(), missing: Missing::List(error.clone().into()) }
    }

    /// Returns true if nothing is known of the list.
    #[must_use]
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self.missing, Missing::Entries(_))
    }
}
