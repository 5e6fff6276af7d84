//! Unbans of many: in chunks, so that other questions get their turn on the one connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::action_failure::ActionFailure;
use crate::domain::address::Banned;
use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::events::Event;
use crate::events::bulk::{NotLiftedReason, Report};
use crate::fail2ban;
use crate::jail_service::error::{Error, is_unknown_jail};
use crate::jail_service::progress::bulk;
use crate::jail_service::progress::bulk::{BansToLift, BulkRunning, BulkState, Selection};
use crate::jail_service::recent::MaxAge;
use crate::jail_service::service::JailService;

use super::lifted::Lifted;

/// The most bans that one command lifts.
const LARGEST_CHUNK: usize = 200;
/// The first chunk: how long an action takes is not known yet.
const FIRST_CHUNK: usize = 25;
/// Longest time for a chunk, during which nobody else is answered.
const CHUNK_TIME: Duration = Duration::from_millis(250);

/// Number of bans that the next command lifts: as many as fit into [`CHUNK_TIME`].
struct Pace(usize);

impl Pace {
    fn learn(&mut self, took: Duration) {
        if took > CHUNK_TIME {
            self.0 = (self.0 / 2).max(1);
        } else if took < CHUNK_TIME / 2 {
            self.0 = (self.0 * 2).min(LARGEST_CHUNK);
        }
    }
}

/// Result of the commands for one jail.
struct Sent {
    /// Number of lifted bans, as fail2ban counts.
    counted: usize,
    /// Number of entries that were sent and answered.
    answered: usize,
    failures: Vec<ActionFailure>,
    /// Error that ended it early.
    failure: Option<fail2ban::Error>,
    /// True if it ended early because our own database could not be written.
    is_unwritten: bool,
}

impl JailService {
    /// Returns the unban of many that is under way, and the end of the last one.
    #[must_use]
    pub fn bulk(&self) -> BulkState {
        self.bulk.state()
    }

    /// Waits until no unban of many is under way, at most `patience`.
    pub(crate) async fn bulk_settled_within(&self, max_wait: Duration) {
        self.bulk.settled_within(max_wait).await;
    }

    /// The bans that `which` stands for now.
    pub(crate) async fn selection(&self, which: &Selection) -> Result<BansToLift, Error> {
        let mut selection = BansToLift::default();
        match which {
            Selection::Listed(filter) => {
                let all = self.bans_over_jails(filter.jail.as_ref(), MaxAge::now()).await?;
                selection.gaps = all.gaps;
                let lists = all.lists.into_iter().map(|(jail, bans)| {
                    let is_zone_known = bans.list.clock.zone.is_some();
                    (jail, filter.matching(&bans.list.table, is_zone_known))
                });
                selection.jails = lists.collect();
            }
            Selection::Entries(entries) => {
                let mut by_jail: BTreeMap<&JailName, Vec<String>> = BTreeMap::new();
                for (jail, entry) in entries {
                    by_jail.entry(jail).or_default().push(entry.clone());
                }
                for (jail, named) in by_jail {
                    let (bans, gone) = match self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await {
                        Ok(bans) => bulk::split_banned(&bans.list.table, &named),
                        Err(error) if is_unknown_jail(&error, jail) => (Vec::new(), named.len()),
                        Err(error) => return Err(error.into()),
                    };
                    selection.gone += gone;
                    selection.jails.push((jail.clone(), bans));
                }
            }
        }
        selection.jails.retain(|(_, bans)| !bans.is_empty());
        Ok(selection)
    }

    /// Begins to lift the bans of `selection`; `is_all` where that is everything. Its progress and
    /// end are in [`Self::bulk`].
    pub(crate) fn unban_many(
        self: &Arc<Self>,
        selection: BansToLift,
        is_all: bool,
        by: &str,
    ) -> Result<(), Error> {
        if !self.bulk.begin(BulkRunning::begin(is_all, by, selection.bans())) {
            return Err(Error::BulkUnderWay);
        }
        let service = Arc::clone(self);
        let by = by.to_owned();
        tokio::spawn(async move {
            let mut report = service.lift(selection, &by).await;
            if is_all {
                let failed: Vec<JailName> = report.failed.iter().map(|failed| failed.jail.clone()).collect();
                report.keeps_timed = service.end_all_timed_bans(&failed, &by).await.is_err();
            }
            if !report.undo.is_empty() {
                let jails: Vec<&JailName> = report.lifted.iter().map(|(jail, _)| jail).collect();
                report.counted_by = service.jails_that_count_bans(&jails).await;
            }
            let event = Event::BulkUnbanEnded { by, is_all, report: report.clone() };
            service.events.publish(event).await;
            service.bulk.finish(report);
        });
        Ok(())
    }

    fn bulk_at(&self, jail: &JailName, done: usize) {
        self.bulk.update(|running| {
            running.jail = Some(jail.clone());
            running.done = done;
        });
    }

    async fn lift(&self, selection: BansToLift, by: &str) -> Report {
        let mut report = Report { gone: selection.gone, ..Report::default() };
        let mut pace = Pace(FIRST_CHUNK);
        let mut before = 0;
        let mut answers = true;
        for (jail, bans) in selection.jails {
            self.bulk_at(&jail, before);
            if answers {
                answers = self.lift_in(&jail, &bans, before, &mut pace, &mut report, by).await;
            } else {
                report.add_failed(&jail, &entries(&bans), NotLiftedReason::NotTried);
            }
            before += bans.len();
        }
        report
    }

    /// Lifts `wanted` in `jail`. False when the daemon does not answer any more.
    async fn lift_in(
        &self,
        jail: &JailName,
        wanted: &[Ban],
        before: usize,
        pace: &mut Pace,
        report: &mut Report,
        by: &str,
    ) -> bool {
        // An absent network would free what lies inside it, so only what is banned now is sent.
        let bans = match self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await {
            Ok(bans) => bans,
            Err(error) => return failed(report, jail, &entries(wanted), &error),
        };
        let held: Vec<Ban> =
            wanted.iter().filter_map(|ban| bans.list.table.find(&ban.banned)).cloned().collect();
        report.gone += wanted.len() - held.len();
        let (mut held, unsendable): (Vec<Ban>, Vec<Ban>) =
            held.into_iter().partition(|ban| ban.banned.is_sendable());
        report.add_failed(jail, &entries(&unsendable), NotLiftedReason::Unsendable);
        // Networks first, while the list is fresh.
        held.sort_by_key(|ban| !ban.banned.to_string().contains('/'));
        let names = entries(&held);
        let sent = self.send(jail, &names, before, pace, by).await;
        self.events.publish(Event::BansLifted { jail: jail.clone(), count: sent.counted }).await;
        self.publish_failures(jail, &sent.failures).await;
        report.add_failures(jail, &sent.failures);
        self.settle(jail, &held, &sent, report, by).await
    }

    async fn send(
        &self,
        jail: &JailName,
        names: &[Banned],
        before: usize,
        pace: &mut Pace,
        by: &str,
    ) -> Sent {
        let mut sent =
            Sent { counted: 0, answered: 0, failures: Vec::new(), failure: None, is_unwritten: false };
        while let Some(rest) = names.get(sent.answered..).filter(|rest| !rest.is_empty()) {
            let chunk = rest.get(..pace.0).unwrap_or(rest);
            let _alone = self.timed.alone.lock().await;
            // First: one that could not be ended would be made again.
            if let Err(error) = self.end_timed_bans(Some(jail), chunk).await {
                tracing::error!(%error, %jail, "bans with an end of their own cannot be ended");
                sent.is_unwritten = true;
                break;
            }
            let began = Instant::now();
            match self.daemon.unban(jail, chunk).await {
                Ok(change) => {
                    sent.counted += usize::try_from(change.count).unwrap_or(chunk.len());
                    sent.failures.extend(change.failures);
                }
                Err(error) => {
                    sent.failure = Some(error);
                    break;
                }
            }
            // At once: whoever looks meanwhile must not see them any more.
            self.ban_lists.lifted(jail, chunk);
            self.history.lifted(jail, chunk, Some(by)).await;
            pace.learn(began.elapsed());
            sent.answered += chunk.len();
            self.bulk_at(jail, before + sent.answered);
        }
        sent
    }

    /// Finds out the result for `held` after all or some of it was sent.
    async fn settle(
        &self,
        jail: &JailName,
        held: &[Ban],
        sent: &Sent,
        report: &mut Report,
        by: &str,
    ) -> bool {
        let (answered, rest) = held.split_at(sent.answered.min(held.len()));
        // The daemon counts, but the list is what people see: what is gone from it is lifted. Who came
        // back meanwhile is there with another time.
        let after = match self.ban_lists.list_of(jail, &self.daemon, MaxAge::now()).await {
            Ok(bans) => Some(bans.list),
            Err(error) => {
                tracing::warn!(%error, %jail, "the list after an unban of many cannot be read");
                None
            }
        };
        let still = |ban: &Ban| after.as_ref().and_then(|list| list.table.find(&ban.banned));
        // fail2ban's database rounds the second in which a ban began, the list cuts it off.
        let is_same = |now: &Ban, ban: &Ban| now.since.as_second().abs_diff(ban.since.as_second()) <= 1;
        let is_still = |ban: &&Ban| still(ban).is_some_and(|now| is_same(now, ban));
        let (stuck, lifted): (Vec<&Ban>, Vec<&Ban>) = answered.iter().partition(is_still);
        let names = |bans: Vec<&Ban>| -> Vec<Banned> { bans.iter().map(|ban| ban.banned.clone()).collect() };
        let number = sent.counted.min(lifted.len());
        report.gone += lifted.len() - number;
        report.add_lifted(jail, &names(lifted), number);
        self.lift_again(jail, &names(stuck), report, by).await;
        if sent.is_unwritten {
            report.add_failed(jail, &entries(rest), NotLiftedReason::Unwritten);
        }
        sent.failure.as_ref().is_none_or(|error| failed(report, jail, &entries(rest), error))
    }

    /// Lifts the entries that fail2ban still lists after it was told to lift them, by other names
    /// where there are any.
    async fn lift_again(&self, jail: &JailName, stuck: &[Banned], report: &mut Report, by: &str) {
        if stuck.is_empty() {
            return;
        }
        match self.unban_by_other_names(jail, stuck, by).await {
            Ok(Lifted { entries, still_banned, failures }) => {
                report.add_lifted(jail, &entries, entries.len());
                report.add_failures(jail, &failures);
                report.gone += stuck.len() - entries.len() - still_banned.len();
                report.add_failed(jail, &still_banned, NotLiftedReason::StillHeld);
            }
            Err(error) => {
                tracing::warn!(%error, %jail, "what is still banned was not lifted");
                report.add_failed(jail, stuck, NotLiftedReason::StillHeld);
            }
        }
    }
}

fn entries(bans: &[Ban]) -> Vec<Banned> {
    bans.iter().map(|ban| ban.banned.clone()).collect()
}

/// Notes that `error` kept `bans` from being lifted. False when the daemon does not answer any more.
fn failed(report: &mut Report, jail: &JailName, bans: &[Banned], error: &fail2ban::Error) -> bool {
    tracing::warn!(%error, %jail, number = bans.len(), "bans were not lifted");
    let reason = match error {
        fail2ban::Error::Refused { message, .. } => NotLiftedReason::Refused(message.clone()),
        error if is_unknown_jail(error, jail) => NotLiftedReason::JailStopped,
        _ => NotLiftedReason::Unanswered,
    };
    report.add_failed(jail, bans, reason);
    !error.is_of_the_connection()
}
