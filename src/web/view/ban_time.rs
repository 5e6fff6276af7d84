//! Times of a ban in a row.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::ban::Ban;
use crate::domain::jail::Length;
use crate::jail_service::{BanContext, Restart};

use super::format;
use super::messages::job::job_title;

/// Longest time, in seconds, that fail2ban normally takes to lift a ban that has ended: a jail
/// looks every second (`fail2ban/server/actions.py`, `run`), and lifts 20 at a time.
const LIFTED_WITHIN: i64 = 5;

/// The times of a ban as a row shows them.
#[derive(Debug)]
pub(crate) struct BanTime {
    /// Start of the ban, in words.
    pub since: Moment,
    /// End of the ban, as a time of day; `None` for never.
    pub ends: Option<Moment>,
    /// Time that is left of the ban.
    pub left: Left,
    /// The share that is left, from 0 to 100; `None` where it is not known.
    pub(crate) share: Option<u64>,
    /// The whole of it.
    pub(crate) length: Length,
}

/// A moment, with the exact time in its title. Where fail2ban's time zone is not known, as fail2ban
/// prints it.
#[derive(Debug, Template)]
#[template(path = "bans/moment.html")]
pub(crate) struct Moment {
    at: Timestamp,
    is_zone_known: bool,
    words: String,
    title: String,
}

/// Remaining time of a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// This many seconds.
    Seconds(u64),
    /// It is permanent.
    Never,
    /// It ends about now.
    Ending,
    /// It has ended, and the jail is idle, so that nothing lifts it.
    HeldWhileIdle,
    /// It has ended and is still listed.
    NotLifted,
    /// fail2ban's time zone is not known.
    Unknown,
}

impl BanTime {
    /// The times of `ban` at `now`.
    pub(crate) fn describe(ban: &Ban, context: &BanContext, now: &Timestamp) -> Self {
        let left = Left::of_ban(ban, context, *now);
        let is_zone_known = context.is_zone_known;
        let moment = |at: Timestamp, words: String, title: String| {
            if is_zone_known {
                return Moment { at, is_zone_known, words, title };
            }
            let printed = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string();
            let title = "as fail2ban prints it: its time zone is not known".to_owned();
            Moment { at, is_zone_known, words: printed, title }
        };
        let title = match context.restart_since(ban) {
            None => format::exact(&ban.since),
            Some(restart) => format!("{}, {}", format::exact(&ban.since), before(restart, now)),
        };
        Self {
            since: moment(ban.since, format::ago(&ban.since, now), title),
            ends: ban.ends().map(|ends| moment(ends, format::clock(&ends, now), format::exact(&ends))),
            left,
            share: (left != Left::Unknown).then(|| format::ban_share_left(ban, now)),
            length: ban.length,
        }
    }

    /// Returns true if it never ends.
    pub(crate) fn is_permanent(&self) -> bool {
        self.ends.is_none()
    }
}

/// Explains that a ban is from before `restart`.
fn before(restart: &Restart, now: &Timestamp) -> String {
    let at = format::moment(&restart.at, now);
    match &restart.work {
        Some((job, by)) => {
            format!(
                "before the {} by {by} ({at}), which lifted all bans: this one came back",
                lower(&job_title(job))
            )
        }
        None => format!("before fail2ban's last start ({at})"),
    }
}

/// A title inside a sentence.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl Left {
    fn of_ban(ban: &Ban, context: &BanContext, now: Timestamp) -> Self {
        let Some(end) = ban.ends() else { return Self::Never };
        if !context.is_zone_known {
            return Self::Unknown;
        }
        let left = |at: Timestamp| end.as_second() - at.as_second();
        match u64::try_from(left(now)) {
            Ok(left @ 1..) => Self::Seconds(left),
            _ if left(context.as_of) > 0 => Self::Ending,
            _ if context.is_idle => Self::HeldWhileIdle,
            _ if -left(context.as_of) > LIFTED_WITHIN => Self::NotLifted,
            _ => Self::Ending,
        }
    }

    /// It in a few words.
    pub(crate) fn description(self) -> String {
        match self {
            Self::Seconds(left) => format::seconds(left),
            Self::Never => "never ends".to_owned(),
            Self::Ending => "ending now".to_owned(),
            Self::HeldWhileIdle => "expired, kept while idle".to_owned(),
            Self::NotLifted => "expired, not lifted yet".to_owned(),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    /// It behind a comma in a sentence.
    pub(crate) fn clause(self) -> String {
        match self {
            Self::Seconds(left) => format!("{} left", format::seconds(left)),
            Self::Never => "permanent".to_owned(),
            Self::HeldWhileIdle => "expired, but kept while the jail is idle".to_owned(),
            Self::NotLifted => "expired, but not lifted yet".to_owned(),
            Self::Unknown => "time left unknown".to_owned(),
            Self::Ending => self.description(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Banned;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    fn ban(length: Length) -> Ban {
        Ban { banned: Banned::from_daemon("203.0.113.5"), since: at(1000), length }
    }

    fn context(as_of: i64) -> BanContext {
        BanContext { is_zone_known: true, is_idle: false, as_of: at(as_of), restart: None }
    }

    fn left(context: &BanContext, now: i64) -> Left {
        BanTime::describe(&ban(Length::Seconds(60)), context, &at(now)).left
    }

    #[test]
    fn a_ban_that_is_over_says_why_it_is_still_listed() {
        assert_eq!(left(&context(1000), 1000), Left::Seconds(60));
        assert_eq!(left(&context(1062), 1062), Left::Ending);
        assert_eq!(left(&context(1070), 1070), Left::NotLifted);
        assert_eq!(left(&context(1050), 1090), Left::Ending, "the list is from before its end");
        let idle = BanContext { is_idle: true, ..context(1070) };
        assert_eq!((left(&idle, 1000), left(&idle, 1070)), (Left::Seconds(60), Left::HeldWhileIdle));
        let permanent = BanTime::describe(&ban(Length::Permanent), &idle, &at(9000));
        assert!(permanent.is_permanent() && permanent.left == Left::Never);
    }

    #[test]
    fn without_a_time_zone_a_time_stands_as_it_was_printed() {
        let unknown = BanContext { is_zone_known: false, ..context(1000) };
        let time = BanTime::describe(&ban(Length::Seconds(60)), &unknown, &at(1000));
        assert_eq!((time.left, time.share), (Left::Unknown, None));
        let shown = time.since.to_string();
        assert!(shown.contains("1970-01-01 00:16:40") && !shown.contains("<time"), "{shown}");
    }

    #[test]
    fn a_ban_from_before_a_restart_says_so() -> Result<(), Box<dyn std::error::Error>> {
        use crate::jail_service::Job;
        let by_hand =
            Restart { at: at(1030), work: Some((Job::RestartJail("sshd".parse()?), "eve".to_owned())) };
        let title = |restart| {
            let context = BanContext { restart: Some(restart), ..context(1040) };
            BanTime::describe(&ban(Length::Permanent), &context, &at(1040)).since.title
        };
        assert!(title(by_hand).contains(", before the restart of sshd by eve ("));
        assert!(title(Restart { at: at(1030), work: None }).contains(", before fail2ban's last start ("));
        assert!(!title(Restart { at: at(1000), work: None }).contains("before"));
        Ok(())
    }
}
