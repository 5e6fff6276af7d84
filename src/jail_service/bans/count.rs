//! Count of the different addresses that are banned, where it costs nothing.

use crate::domain::jail::JailSummary;
use crate::jail_service::entries::Entries;
use crate::jail_service::service::JailService;

/// The most bans whose entries are counted unasked, at each view of the jails.
pub(crate) const MOST_COUNTED: u64 = 20_000;

impl JailService {
    /// Returns the entries banned in all of `jails`, where their lists are cached and match the
    /// counts in `jails`; `None` where a list would have to be read.
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
