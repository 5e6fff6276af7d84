//! How many different addresses are banned, where that costs nothing.

use crate::domain::jail::JailSummary;
use crate::jail_service::entries::Entries;
use crate::jail_service::service::JailService;

/// The most bans whose entries are counted unasked, at each view of the jails.
pub(crate) const MOST_COUNTED: u64 = 20_000;

impl JailService {
    /// What is banned in all of `jails`, where their lists are at hand as `jails` count them; `None` where
    /// one would have to be read.
    #[must_use]
    pub(crate) fn entries_at_hand(&self, jails: &[JailSummary]) -> Option<Entries> {
        let mut lists = Vec::new();
        let mut number = 0;
        for jail in jails {
            let status = jail.status.as_ref().ok()?;
            let banned_now = *status.banned_now.as_ref().ok()?;
            number += banned_now;
            if number > MOST_COUNTED {
                return None;
            }
            if banned_now > 0 {
                lists.push(self.ban_lists.cached(&jail.name, &self.daemon, status)?);
            }
        }
        Some(Entries::count(lists.iter().flat_map(|list| list.table.bans())))
    }
}
