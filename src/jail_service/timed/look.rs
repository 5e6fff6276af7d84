//! How fail2ban tells of the timed bans of one jail.

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::domain::timed_ban::{Seen, Sight, TimedBan};
use crate::jail_service::ban_lists::list::JailBans;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;
use crate::jail_service::timing::Run;
use crate::storage::timed_bans;

impl JailService {
    /// Returns true if `jail` was certainly not started again since the last look, as far as its figures tell.
    pub(super) fn is_same_run(&self, jail: &JailName, bans: &JailBans) -> (bool, Option<bool>) {
        let run = Run { generation: bans.list.generation, total: bans.list.total };
        let before = self.timed.runs.lock().insert(jail.clone(), run);
        // The count begins anew with each start.
        let has_grown = before.is_none_or(|before| match (before.total, run.total) {
            (Some(before), Some(now)) => before <= now,
            (None, _) | (_, None) => true,
        });
        (has_grown, before.map(|before| before.generation == run.generation))
    }

    /// How `jail` tells of `ban` in `bans`.
    pub(super) fn sight(
        &self,
        ban: &TimedBan,
        bans: &JailBans,
        (has_grown, is_same_connection): (bool, Option<bool>),
    ) -> Sight {
        let Some(listed) = bans.list.table.find(&Banned::Target(ban.target)) else {
            let process = bans.list.clock.started;
            let is_same_process = ban.is_seen_in(process).or(is_same_connection).unwrap_or(false);
            return Sight::Gone { is_same_run: is_same_process && has_grown };
        };
        let key = (ban.jail.clone(), ban.target);
        let is_older = |at| bans.list.read < at;
        let is_stale = self.timed.prolonged.lock().get(&key).copied().is_some_and(is_older);
        match ban.seen {
            Some(seen) if is_stale || bans.list.clock.zone.is_none() => {
                Sight::Listed { own_end: seen.own_end }
            }
            _ => Sight::Listed { own_end: listed.ends() },
        }
    }

    /// Notes what was seen where that is new.
    pub(super) async fn note_seen(&self, ban: &TimedBan, seen: Seen) -> Result<(), Error> {
        let is_known = |known: Seen| {
            known.own_end.map(Timestamp::as_second) == seen.own_end.map(Timestamp::as_second)
                && (ban.is_seen_in(seen.process) == Some(true) || known.process == seen.process)
        };
        if ban.seen.is_some_and(is_known) {
            return Ok(());
        }
        let (jail, target) = (ban.jail.clone(), ban.target);
        Ok(self
            .storage
            .call(move |connection| timed_bans::set_seen(connection, &jail, &target, seen))
            .await?)
    }
}
