//! Bans with an end and a reason of their own, in words.

use jiff::Timestamp;

use crate::domain::address::Target;
use crate::domain::ban::Ban;
use crate::domain::jail::{JailName, Length, Reading};
use crate::domain::timed_ban::{BanTerm, TimedBan};
use crate::jail_service::ActiveBan;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::format;

/// The timed bans of one jail or of all.
#[derive(Debug, Default)]
pub(crate) struct TimedBans(Vec<TimedBan>);

impl TimedBans {
    /// Reads those of `jail`, or of all jails.
    pub(crate) async fn read(state: &State, jail: Option<&JailName>) -> Result<Self, Error> {
        Ok(Self(match jail {
            Some(jail) => state.jails.timed_bans_in(jail).await?,
            None => state.jails.timed_bans().await?,
        }))
    }

    /// What is to become of `ban` in `jail`, and why it was made; `None` where the jail alone knows.
    pub(crate) fn words(&self, jail: &JailName, ban: &Ban, now: &Timestamp) -> Option<String> {
        let target = ban.banned.target()?;
        let timed = self.0.iter().find(|timed| timed.jail == *jail && timed.target == *target)?;
        let end = match (timed.term.until, ban.ends()) {
            (None, None) => "banned forever".to_owned(),
            (None, Some(_)) => "BanGUI bans it again, forever".to_owned(),
            (Some(until), Some(own)) if own < until => {
                format!("BanGUI bans it again until {}", format::moment(&until, now))
            }
            (Some(until), _) => format!("BanGUI lifts it {}", format::moment(&until, now)),
        };
        Some(format!("{} · {end}{}", length(timed), reason(timed)))
    }

    /// Those of `asked`, or inside or around it, that none of `holders` shows: they are to be made again.
    pub(crate) fn waiting(&self, asked: &Target, holders: &[ActiveBan]) -> Vec<TimedBan> {
        let is_held = |timed: &TimedBan| {
            holders
                .iter()
                .any(|held| held.jail == timed.jail && held.ban.banned.target() == Some(&timed.target))
        };
        let concerns = |timed: &TimedBan| asked.covers(&timed.target) || timed.target.covers(asked);
        self.0.iter().filter(|timed| concerns(timed) && !is_held(timed)).cloned().collect()
    }
}

/// Describes a ban that waits for its jail.
pub(crate) fn waiting(timed: &TimedBan, now: &Timestamp) -> String {
    let end = match timed.term.until {
        None => "forever".to_owned(),
        Some(until) => format!("until {}", format::moment(&until, now)),
    };
    format!("{end}{}", reason(timed))
}

/// The reason and who gave it.
fn reason(timed: &TimedBan) -> String {
    let by = &timed.by;
    match timed.term.reason.as_str() {
        "" => format!(" · by {by}"),
        reason => format!(" · {reason} · by {by}"),
    }
}

fn length(timed: &TimedBan) -> String {
    let Some(until) = timed.term.until else { return "for good".to_owned() };
    let seconds = u64::try_from(until.as_second() - timed.since.as_second()).unwrap_or(0);
    format::lasting(&Length::Seconds(seconds))
}

/// Describes what BanGUI does about a new ban in `jail`, which bans for `ban_time` by itself.
pub(crate) fn promise(
    jail: &JailName,
    ban_time: &Reading<Length>,
    term: &BanTerm,
    now: &Timestamp,
) -> String {
    let Ok(ban_time) = ban_time else {
        return match term.until {
            Some(until) => format!("BanGUI keeps it banned until {}.", format::moment(&until, now)),
            None => "BanGUI keeps it banned forever.".to_owned(),
        };
    };
    let bans = format!("{jail} bans {}", format::lasting(ban_time));
    match (term.until, ban_time) {
        (_, Length::Seconds(0)) => format!("{jail} has a ban time of 0, so that no ban in it lasts."),
        (None, Length::Permanent) => format!("{bans}."),
        (None, _) => format!("{bans}; BanGUI bans it again, forever."),
        (Some(until), Length::Seconds(own))
            if now.as_second().saturating_add_unsigned(*own) < until.as_second() =>
        {
            format!("{bans}; BanGUI bans it again until {}.", format::moment(&until, now))
        }
        (Some(until), _) => format!("{bans}; BanGUI lifts it {}.", format::moment(&until, now)),
    }
}
