//! Bans with an end and a reason of their own, in words.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::Ban;
use crate::domain::ban::table::BanTable;
use crate::domain::jail::{JailName, Length, Reading};
use crate::domain::timed_ban::{BanTerm, TimedBan};
use crate::jail_service::ActiveBan;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::format;

/// Seconds between two ends that are one to whoever reads them: fail2ban begins a ban a moment after it was asked for.
const NEAR: i64 = 5;

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

    fn of(&self, jail: &JailName, ban: &Ban) -> Option<&TimedBan> {
        let target = ban.banned.target()?;
        self.0.iter().find(|timed| timed.jail == *jail && timed.target == *target)
    }

    /// What is to become of `ban` in `jail`, and why it was made; `None` where the jail alone knows.
    pub(crate) fn words(&self, jail: &JailName, ban: &Ban, now: &Timestamp) -> Option<String> {
        let timed = self.of(jail, ban)?;
        let length = format::lasting(&timed.length());
        let end = match (timed.term.until, ban.ends()) {
            (None, None) => return Some(format!("{length}{}", reason(timed))),
            (None, Some(_)) => "BanGUI renews the ban indefinitely".to_owned(),
            (Some(until), Some(own)) if own.as_second() + NEAR < until.as_second() => {
                format!("BanGUI renews the ban until {}", format::moment(&until, now))
            }
            (Some(until), _) => format!("BanGUI lifts the ban {}", on(&until, now)),
        };
        Some(format!("{length} · {end}{}", reason(timed)))
    }

    /// `ban` of `jail` as it lasts by its own end, where it has one: fail2ban knows only the jail's.
    pub(crate) fn own(&self, jail: &JailName, ban: &Ban) -> Ban {
        self.of(jail, ban).map_or_else(|| ban.clone(), |timed| timed.as_ban(ban))
    }

    /// The length that `ban` of `jail` has of its own; `None` where it has none.
    pub(crate) fn own_length(&self, jail: &JailName, ban: &Ban) -> Option<Length> {
        self.of(jail, ban).map(|timed| timed.as_ban(ban).length)
    }

    /// The table of `jail` in which bans last until their own end; `None` where none has one.
    pub(crate) fn own_table(&self, jail: &JailName, table: &BanTable) -> Option<BanTable> {
        let held = |timed: &&TimedBan| timed.jail == *jail;
        let held = self.0.iter().filter(held).filter_map(|timed| {
            let ban = table.find(&Banned::Target(timed.target))?;
            Some((&ban.banned, timed.as_ban(ban)))
        });
        let (gone, own): (HashSet<&Banned>, Vec<Ban>) = held.unzip();
        (!own.is_empty()).then(|| table.with(&gone, own))
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

/// Describes which of the bans that were `replaced` now end at another time than before.
pub(crate) fn moved(replaced: &[TimedBan], term: &BanTerm, now: &Timestamp) -> Vec<String> {
    let end = |until: Option<Timestamp>| until.map_or_else(|| "never".to_owned(), |until| on(&until, now));
    let moved = replaced.iter().filter_map(|before| {
        let how = match cmp_ends(term.until, before.term.until) {
            Ordering::Less => "shortened",
            Ordering::Greater => "extended",
            Ordering::Equal => return None,
        };
        let TimedBan { target, jail, term: old, .. } = before;
        let (new, old) = (end(term.until), end(old.until));
        Some(format!("The ban of {target} in {jail} was {how}: it now ends {new}, not {old}."))
    });
    moved.collect()
}

/// Compares two ends; `None` is never.
fn cmp_ends(a: Option<Timestamp>, b: Option<Timestamp>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.as_second().cmp(&b.as_second()),
    }
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
            Some(until) => format!("BanGUI renews the ban until {}.", format::moment(&until, now)),
            None => "BanGUI renews the ban indefinitely.".to_owned(),
        };
    };
    let bans = format!("{jail} bans {}", format::lasting(ban_time));
    match (term.until, ban_time) {
        (_, Length::Seconds(0)) => format!("{jail} has a ban time of 0, so that no ban in it lasts."),
        (None, Length::Permanent) => format!("{bans}."),
        (None, _) => format!("{bans}; BanGUI renews the ban indefinitely."),
        (Some(until), Length::Seconds(own))
            if now.as_second().saturating_add_unsigned(*own).saturating_add(NEAR) < until.as_second() =>
        {
            format!("{bans}; BanGUI renews the ban until {}.", format::moment(&until, now))
        }
        (Some(until), _) => format!("{bans}; BanGUI lifts the ban {}.", on(&until, now)),
    }
}

/// A time in a sentence: `at 14:29 UTC`, `on 23 Nov at 10:31 UTC`, `on 23 Nov 2027`.
fn on(at: &Timestamp, now: &Timestamp) -> String {
    let zone = TimeZone::system();
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    let form = match (at.date() == now.date(), at.year() == now.year()) {
        (true, _) => "at %H:%M %Z",
        (false, true) => "on %-d %b at %H:%M %Z",
        (false, false) => "on %-d %b %Y",
    };
    at.strftime(form).to_string()
}
