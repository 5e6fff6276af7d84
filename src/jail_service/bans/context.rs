//! Facts that are needed to interpret the times of one jail's bans.

use crate::domain::jail::JailName;
use crate::jail_service::ban_context::BanContext;
use crate::jail_service::ban_lists::list::JailBans;
use crate::jail_service::service::JailService;

impl JailService {
    /// Returns the facts that are needed beside `bans` of `jail`.
    #[must_use]
    pub(crate) fn ban_context(&self, jail: &JailName, bans: &JailBans) -> BanContext {
        BanContext {
            is_zone_known: bans.list.are_times_known(),
            is_idle: self.idle(jail) == Some(true),
            as_of: bans.as_of,
            restart: self.restarts.last(jail, bans.list.clock.started),
        }
    }
}
