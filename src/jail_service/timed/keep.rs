//! The keeper of timed bans: prolongs them, makes them again and lifts them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::jail::{JailName, Length};
use crate::domain::lookup::History;
use crate::domain::timed_ban::{Seen, Sight, Step, TimedBan, lead};
use crate::events::{Event, TimedChange};
use crate::jail_service::error::Error;
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;
use crate::storage::timed_bans;

/// Interval between two looks.
const INTERVAL: Duration = Duration::from_secs(5);
/// The same while a ban is about to end.
const SOON: Duration = Duration::from_secs(1);
/// Seconds before an end that are soon.
const NEAR: i64 = 15;
/// Longest time that a list may have taken for it to be read again only to show the new end of a prolonged ban.
const QUICK: Duration = Duration::from_millis(100);
/// The name under which the record of bans has what BanGUI lifts by itself.
const BY: &str = "BanGUI at its end";

/// What is to be done in a jail.
#[derive(Debug, Default)]
struct Work {
    prolong: Vec<Target>,
    again: Vec<Target>,
    lift: Vec<Target>,
    forget: Vec<Target>,
    /// True if more is to be done in a moment.
    is_near: bool,
}

impl JailService {
    /// Keeps the timed bans for as long as the program runs.
    pub(crate) async fn keep_timed_bans(self: Arc<Self>) {
        loop {
            let pause = match self.look_at_timed_bans().await {
                Ok(true) => SOON,
                Ok(false) => INTERVAL,
                Err(error) => {
                    tracing::debug!(%error, "timed bans wait for fail2ban");
                    INTERVAL
                }
            };
            drop(tokio::time::timeout(pause, self.timed.wanted.notified()).await);
        }
    }

    async fn look_at_timed_bans(&self) -> Result<bool, Error> {
        let is_trusted = self.timed.clock.lock().is_trusted(Instant::now(), Timestamp::now());
        let mut jails: Vec<JailName> = self.timed_bans().await?.into_iter().map(|ban| ban.jail).collect();
        jails.dedup();
        if jails.is_empty() {
            return Ok(false);
        }
        // fail2ban logs a question about a jail that does not run as an error.
        let running = self.daemon.jail_names().await?;
        let mut is_near = false;
        for jail in jails.iter().filter(|jail| running.contains(jail)) {
            match self.look_at_timed_bans_of(jail, is_trusted).await {
                Ok(is) => is_near |= is,
                Err(Error::Daemon(error)) if error.is_of_the_connection() => return Err(error.into()),
                Err(error) => tracing::warn!(%jail, %error, "timed bans could not be kept"),
            }
        }
        Ok(is_near)
    }

    async fn look_at_timed_bans_of(&self, jail: &JailName, is_trusted: bool) -> Result<bool, Error> {
        let _alone = self.timed.alone.lock().await;
        let timed = self.timed_bans_in(jail).await?;
        let ban_time = match self.daemon.summary(jail).await?.times.ban_time {
            Ok(ban_time) => ban_time,
            Err(error) => {
                tracing::warn!(%jail, ?error, "timed bans wait: how long their jail bans cannot be read");
                return Ok(false);
            }
        };
        let work = self.sort_out(jail, &timed, ban_time, is_trusted).await?;
        self.prolong(jail, &work.prolong, &timed, ban_time).await?;
        if !work.again.is_empty() && ban_time != Length::Seconds(0) {
            self.ban(jail, &work.again).await?;
            self.publish_timed(jail, work.again, TimedChange::BannedAgain).await;
        }
        self.lift_ended(jail, work.lift).await?;
        self.remove_timed(jail, &work.forget).await?;
        let lifted: Vec<Banned> = work.forget.iter().copied().map(Banned::Target).collect();
        self.history.lifted(jail, &lifted, None).await;
        self.publish_timed(jail, work.forget, TimedChange::Forgotten).await;
        Ok(work.is_near)
    }

    async fn sort_out(
        &self,
        jail: &JailName,
        timed: &[TimedBan],
        ban_time: Length,
        is_trusted: bool,
    ) -> Result<Work, Error> {
        let bans = self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await?;
        let run = self.is_same_run(jail, &bans);
        let (now, lead) = (Timestamp::now(), lead(ban_time));
        let mut work = Work::default();
        for ban in timed {
            let sight = self.sight(ban, &bans, run);
            let mut step = ban.step(sight, now, lead);
            if step == Step::Forget && self.is_in_database(ban).await? {
                // An unban deletes it there (`fail2ban/server/actions.py`, `removeBannedIP`).
                step = Step::BanAgain;
            }
            match step {
                Step::Wait => {}
                Step::Prolong => work.prolong.push(ban.target),
                Step::BanAgain => work.again.push(ban.target),
                Step::Lift if is_trusted => work.lift.push(ban.target),
                Step::Lift => {
                    tracing::warn!(%jail, address = %ban.target, "not lifted: the clock has jumped");
                }
                Step::Forget => work.forget.push(ban.target),
            }
            let mut ends = vec![ban.term.until];
            if let Sight::Listed { own_end } = sight {
                ends.push(own_end.filter(|end| ban.term.until.is_none_or(|until| *end < until)));
                self.note_seen(ban, Seen { own_end, process: bans.list.clock.started }).await?;
            }
            work.is_near |= ends.iter().flatten().any(|end| end.as_second() - now.as_second() <= NEAR);
        }
        Ok(work)
    }

    /// Returns true if fail2ban's database has a ban of it. False where that cannot be read.
    async fn is_in_database(&self, ban: &TimedBan) -> Result<bool, Error> {
        match self.daemon.history(&Banned::Target(ban.target)).await {
            Ok(History { bans, .. }) => {
                let is_same = |past: &crate::domain::lookup::PastBan| {
                    past.jail == ban.jail.as_str() && past.banned == Banned::Target(ban.target)
                };
                Ok(bans.iter().any(is_same))
            }
            Err(crate::fail2ban::Error::Database(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Bans `targets` once more: fail2ban then moves their end (`fail2ban/server/banmanager.py`, `addBanTicket`),
    /// without running an action, and no jail counts it as a further ban.
    async fn prolong(
        &self,
        jail: &JailName,
        targets: &[Target],
        timed: &[TimedBan],
        ban_time: Length,
    ) -> Result<(), Error> {
        if targets.is_empty() {
            return Ok(());
        }
        let change =
            self.daemon.ban(jail, targets).await.inspect_err(|error| self.look_again(jail, error))?;
        let now = Timestamp::now();
        let own_end = match ban_time {
            Length::Seconds(seconds) => {
                Timestamp::from_second(now.as_second().saturating_add_unsigned(seconds)).ok()
            }
            Length::Permanent | Length::PracticallyForever => None,
        };
        for ban in timed.iter().filter(|ban| targets.contains(&ban.target)) {
            let process = ban.seen.and_then(|seen| seen.process);
            self.note_seen(ban, Seen { own_end, process }).await?;
            self.timed.prolonged.lock().insert((jail.clone(), ban.target), Instant::now());
        }
        if self.ban_lists.at_hand(jail, &self.daemon).await?.is_some_and(|bans| bans.list.took < QUICK) {
            self.ban_lists.forget(jail);
        }
        self.publish_failures(jail, &change.failures).await;
        self.publish_timed(jail, self.timed.not_told(jail, targets), TimedChange::Prolonged).await;
        Ok(())
    }

    async fn lift_ended(&self, jail: &JailName, targets: Vec<Target>) -> Result<(), Error> {
        if targets.is_empty() {
            return Ok(());
        }
        let entries: Vec<Banned> = targets.iter().copied().map(Banned::Target).collect();
        // An absent network would free what lies inside it, so only what is banned now is sent.
        let bans = self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await?;
        let held: Vec<Banned> =
            entries.into_iter().filter(|entry| bans.list.table.find(entry).is_some()).collect();
        if !held.is_empty() {
            let change =
                self.daemon.unban(jail, &held).await.inspect_err(|error| self.look_again(jail, error))?;
            self.ban_lists.lifted(jail, &held);
            self.publish_failures(jail, &change.failures).await;
            self.history.lifted(jail, &held, Some(BY)).await;
            self.events.publish(Event::Unbanned { jail: jail.clone(), entries: held }).await;
        }
        self.remove_timed(jail, &targets).await?;
        self.publish_timed(jail, targets, TimedChange::Ended).await;
        Ok(())
    }

    async fn remove_timed(&self, jail: &JailName, targets: &[Target]) -> Result<(), Error> {
        let (jail, targets) = (jail.clone(), targets.to_vec());
        self.timed.forget(&jail, &targets);
        let remove = move |connection: &mut rusqlite::Connection| {
            targets.iter().try_for_each(|target| timed_bans::remove(connection, &jail, target).map(drop))
        };
        Ok(self.storage.call(remove).await?)
    }

    async fn publish_timed(&self, jail: &JailName, targets: Vec<Target>, change: TimedChange) {
        if !targets.is_empty() {
            self.events.publish(Event::TimedBans { jail: jail.clone(), targets, change }).await;
        }
    }
}
