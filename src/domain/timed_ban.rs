//! Bans by hand with an end and a reason of their own. fail2ban bans for as long as the jail says
//! (`fail2ban/server/actions.py`, `addBannedIP`), so BanGUI lifts such a ban earlier, or makes it again.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::address::Target;
use super::ban::Ban;
use super::ignore::Note;
use super::jail::{JailName, Length};

/// The action of a ban that BanGUI made last longer than its jail bans.
pub(crate) const PROLONGED: &str = "prolong timed ban";
/// The action of a ban that was gone and that BanGUI made again.
pub(crate) const BANNED_AGAIN: &str = "restore timed ban";
/// The action of a ban whose time is over.
pub(crate) const ENDED: &str = "lift timed ban";
/// The action of a ban that somebody lifted elsewhere.
pub(crate) const FORGOTTEN: &str = "forget timed ban";

/// Seconds before its end from which on a ban that is gone counts as run out: the list has whole seconds, and
/// was read a moment ago.
const SLACK: i64 = 5;
/// Longest time, in seconds, before its end in which a ban is prolonged.
const LONGEST_LEAD: u64 = 5 * 60;
/// Shortest time, in seconds, unless the jail bans for less.
const SHORTEST_LEAD: u64 = 20;
/// Seconds by which two readings of the start of one process may differ.
const SAME_START: i64 = 5;

/// How long a ban by hand is to last, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BanTerm {
    /// When it is lifted; `None` for never.
    pub(crate) until: Option<Timestamp>,
    pub(crate) reason: Note,
}

/// A ban with an end of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimedBan {
    pub(crate) jail: JailName,
    pub(crate) target: Target,
    pub(crate) term: BanTerm,
    pub(crate) since: Timestamp,
    /// The name of the account.
    pub(crate) by: String,
    /// `None` where fail2ban has not listed it yet.
    pub(crate) seen: Option<Seen>,
}

/// The ban as fail2ban last told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When it ends by the jail's own ban time; `None` for never.
    pub(crate) own_end: Option<Timestamp>,
    /// Start of fail2ban's process, where that is known.
    pub(crate) process: Option<Timestamp>,
}

/// The ban as fail2ban tells of it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Listed {
        /// `None` for never.
        own_end: Option<Timestamp>,
    },
    Gone {
        /// True if nothing but an unban can have taken it before its end: neither fail2ban nor its jail was started
        /// again since.
        is_same_run: bool,
    },
}

/// What is to be done about a timed ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    /// It is to last longer than the jail's own ban.
    Prolong,
    /// It is gone, and has to be made again.
    BanAgain,
    /// Its time is over.
    Lift,
    /// Somebody has lifted it.
    Forget,
}

impl TimedBan {
    /// Returns what is to be done at `now` in a jail that prolongs so many seconds, `lead`, before the end.
    pub(crate) fn step(&self, sight: Sight, now: Timestamp, lead: i64) -> Step {
        if self.is_over(now) {
            return Step::Lift;
        }
        match sight {
            Sight::Listed { own_end: Some(end) }
                if self.term.until.is_none_or(|until| end < until)
                    && end.as_second() - now.as_second() <= lead =>
            {
                Step::Prolong
            }
            Sight::Listed { .. } => Step::Wait,
            Sight::Gone { is_same_run } => {
                let was_due =
                    |seen: Seen| seen.own_end.is_some_and(|end| end.as_second() - now.as_second() <= SLACK);
                match self.seen {
                    Some(seen) if is_same_run && !was_due(seen) => Step::Forget,
                    Some(_) | None => Step::BanAgain,
                }
            }
        }
    }

    /// Returns true if its time is over at `now`.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.term.until.is_some_and(|until| until <= now)
    }

    /// `listed`, as fail2ban lists it, with the end that it has here. Where fail2ban lost it and it was made again, it began
    /// when it was first made.
    pub(crate) fn as_ban(&self, listed: &Ban) -> Ban {
        // fail2ban's own start is a moment before the one that was noted here.
        let is_older = listed.since.as_second() + SLACK < self.since.as_second();
        let since = if is_older { listed.since } else { self.began() };
        let length = self.term.until.map_or(Length::Permanent, |until| between(since, until));
        Ban { banned: listed.banned.clone(), since, length }
    }

    /// How long it was to last.
    pub(crate) fn length(&self) -> Length {
        self.term.until.map_or(Length::Permanent, |until| between(self.began(), until))
    }

    /// When it began: so long before its end as it was to last. It was noted a moment after that was asked for.
    pub(crate) fn began(&self) -> Timestamp {
        let Some(until) = self.term.until else { return self.since };
        let missing = (self.since.as_second() - until.as_second()).rem_euclid(60);
        if missing > SLACK { self.since } else { self.since - SignedDuration::from_secs(missing) }
    }

    /// Returns true if fail2ban was last seen in the process that started then. `None` where that cannot be told.
    pub(crate) fn is_seen_in(&self, process: Option<Timestamp>) -> Option<bool> {
        let (then, now) = (self.seen?.process?, process?);
        Some(then.as_second().abs_diff(now.as_second()) <= SAME_START.unsigned_abs())
    }
}

fn between(since: Timestamp, until: Timestamp) -> Length {
    Length::Seconds(u64::try_from(until.as_second() - since.as_second()).unwrap_or(0))
}

/// Seconds before its end in which a ban of this length is prolonged.
pub(crate) fn lead(ban_time: Length) -> i64 {
    let Length::Seconds(seconds) = ban_time else { return 0 };
    let lead = (seconds / 4).clamp(SHORTEST_LEAD, LONGEST_LEAD).min(seconds.saturating_sub(1));
    i64::try_from(lead).unwrap_or(0)
}

/// Jumps of the clock. A ban is not lifted because a clock was set ahead by mistake.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    last: Option<(Instant, Timestamp)>,
    distrusted_until: Option<Instant>,
}

/// A jump ahead by more than this makes the clock untrusted for a while.
const JUMP: Duration = Duration::from_mins(1);
/// Time after a jump for which nothing is lifted: a clock that is wrong is set right meanwhile.
const DISTRUST: Duration = Duration::from_mins(10);

impl ClockWatch {
    /// Returns true if bans may be lifted by the clock, which reads `now` at the `instant`.
    pub(crate) fn is_trusted(&mut self, instant: Instant, now: Timestamp) -> bool {
        if let Some((before, read)) = self.last.replace((instant, now)) {
            let passed = instant.saturating_duration_since(before);
            let told = now.duration_since(read);
            if told > jiff::SignedDuration::try_from(passed + JUMP).unwrap_or(jiff::SignedDuration::MAX) {
                self.distrusted_until = Some(instant + DISTRUST);
            } else if told.is_negative() {
                // It was set back: what it read before was wrong, and now it is right.
                self.distrusted_until = None;
            }
        }
        self.distrusted_until.is_none_or(|until| until <= instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Banned;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    fn ban(until: Option<i64>, seen: Option<Seen>) -> Result<TimedBan, Box<dyn std::error::Error>> {
        Ok(TimedBan {
            jail: "sshd".parse()?,
            target: "203.0.113.7".parse()?,
            term: BanTerm { until: until.map(at), reason: Note::default() },
            since: at(0),
            by: "ann".to_owned(),
            seen,
        })
    }

    fn seen(own_end: Option<i64>) -> Seen {
        Seen { own_end: own_end.map(at), process: Some(at(0)) }
    }

    fn listed(end: i64) -> Sight {
        Sight::Listed { own_end: Some(at(end)) }
    }

    #[test]
    fn a_ban_is_prolonged_before_its_end_as_long_as_it_is_to_last() -> Result<(), Box<dyn std::error::Error>>
    {
        let month = ban(Some(2_592_000), Some(seen(Some(600))))?;
        assert_eq!(month.step(listed(600), at(400), 150), Step::Wait);
        assert_eq!(month.step(listed(600), at(450), 150), Step::Prolong);
        assert_eq!(ban(None, None)?.step(listed(600), at(450), 150), Step::Prolong);
        let short = ban(Some(500), Some(seen(Some(600))))?;
        assert_eq!(short.step(listed(600), at(499), 150), Step::Wait, "fail2ban holds it for longer");
        assert_eq!(short.step(listed(600), at(500), 150), Step::Lift);
        let forever = Sight::Listed { own_end: None };
        assert_eq!(month.step(forever, at(2_591_999), 0), Step::Wait);
        assert_eq!(month.step(forever, at(2_592_000), 0), Step::Lift);
        Ok(())
    }

    #[test]
    fn a_ban_that_ran_out_is_made_again_and_one_that_was_lifted_is_not()
    -> Result<(), Box<dyn std::error::Error>> {
        let (gone, restarted) = (Sight::Gone { is_same_run: true }, Sight::Gone { is_same_run: false });
        let month = ban(Some(2_592_000), Some(seen(Some(600))))?;
        assert_eq!(month.step(gone, at(300), 150), Step::Forget);
        assert_eq!(month.step(gone, at(600), 150), Step::BanAgain);
        assert_eq!(month.step(restarted, at(300), 150), Step::BanAgain);
        assert_eq!(month.step(gone, at(2_592_000), 150), Step::Lift);
        assert_eq!(ban(None, Some(seen(None)))?.step(gone, at(300), 150), Step::Forget);
        assert_eq!(ban(None, None)?.step(gone, at(300), 150), Step::BanAgain, "it was never listed");
        Ok(())
    }

    #[test]
    fn a_listed_ban_lasts_from_its_first_start_to_its_own_end() -> Result<(), Box<dyn std::error::Error>> {
        let own = |until, since| -> Result<(i64, Length), Box<dyn std::error::Error>> {
            let timed = TimedBan { since: at(1000), ..ban(until, None)? };
            let listed =
                Ban { banned: Banned::Target(timed.target), since: at(since), length: Length::Seconds(600) };
            let shown = timed.as_ban(&listed);
            Ok((shown.since.as_second(), shown.length))
        };
        assert_eq!(own(Some(4600), 999)?, (1000, Length::Seconds(3600)));
        assert_eq!(own(Some(4598), 999)?, (998, Length::Seconds(3600)), "it was asked for a moment before");
        assert_eq!(own(Some(4630), 3000)?, (1000, Length::Seconds(3630)), "it was made again");
        assert_eq!(own(Some(4600), 500)?, (500, Length::Seconds(4100)), "it stood before");
        assert_eq!(own(None, 999)?, (1000, Length::Permanent));
        Ok(())
    }

    #[test]
    fn a_short_ban_time_leaves_time_to_prolong() {
        let leads = [0, 1, 5, 60, 600, 86_400].map(|seconds| lead(Length::Seconds(seconds)));
        assert_eq!(leads, [0, 0, 4, 20, 150, 300]);
        assert_eq!(lead(Length::Permanent), 0);
    }

    #[test]
    fn a_clock_that_jumps_ahead_lifts_nothing_until_it_is_right_again() {
        let (start, mut watch) = (Instant::now(), ClockWatch::default());
        let mut trusted = |passed, told| watch.is_trusted(start + Duration::from_secs(passed), at(told));
        assert!(trusted(0, 1000) && trusted(5, 1005) && trusted(90, 1095));
        assert!(!trusted(95, 900_000) && !trusted(100, 900_005));
        assert!(trusted(105, 1110), "it was set right");
        assert!(!trusted(110, 900_000) && !trusted(600, 900_490));
        assert!(trusted(711, 900_601), "it stays so, as after a sleep");
    }
}
