//! By which clock the daemon prints its ban lists: in its local time, without a zone.
//!
//! The zone of its process tells, where that can be read; bans whose time is known otherwise (from its
//! database, or because they were made here) confirm it. Where they contradict, they are right: a process
//! keeps the zone that it started with, whatever becomes of the system's.

mod process;
mod samples;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Daemon, Error};
use crate::domain::address::Target;
use crate::domain::daemon_clock::{DaemonClock, DaemonZone, ZoneSource};
use crate::domain::jail::JailName;
use process::{NamedZone, ProcessClock};
use samples::Sample;
pub(super) use samples::Wanted;

/// How many of the bans that were made here are remembered.
const MADE: usize = 16;

/// What is known of the daemon's clock, for all handles to it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The generation of the connection: on another one may be another daemon.
    generation: u64,
    process: Option<Arc<ProcessClock>>,
    chosen: Option<Chosen>,
    /// Bans that were made here: the jail, the entry, and the seconds in between.
    made: VecDeque<(JailName, String, i64, i64)>,
}

/// The zone that a list is read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// UTC where the zone is not known.
    pub(super) zone: TimeZone,
    /// `None` where it is not known.
    pub(super) known: Option<DaemonZone>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, known: None }
    }
}

/// The zones that a list may be in.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// The one of the list before.
    last: Option<Chosen>,
    process: Option<NamedZone>,
    own: Option<NamedZone>,
}

impl Candidates {
    /// The zone to try first.
    pub(super) fn first(&self) -> TimeZone {
        let of_process = || self.process.as_ref().map(|named| named.zone.clone());
        self.last.as_ref().map(|chosen| chosen.zone.clone()).or_else(of_process).unwrap_or(TimeZone::UTC)
    }

    /// The zone in which the bans of `wanted` that were found were printed.
    pub(super) fn choose(&self, wanted: &Wanted) -> Chosen {
        let samples = wanted.newest_first();
        let with = |named: &NamedZone, source| Chosen {
            zone: named.zone.clone(),
            known: Some(DaemonZone { name: named.name.clone(), source }),
        };
        let unconfirmed = || self.process.as_ref().map(|process| with(process, ZoneSource::Process));
        if samples.is_empty() {
            return self.last.clone().filter(|last| last.known.is_some()).or_else(unconfirmed).unwrap_or_default();
        }
        if let Some(process) = self.process.as_ref().filter(|process| agree(&samples, &process.zone)) {
            return with(process, ZoneSource::ProcessAndBans);
        }
        if let Some(own) = self.own.as_ref().filter(|own| agree(&samples, &own.zone)) {
            return with(own, ZoneSource::OwnAndBans);
        }
        let contradicts = self.process.as_ref().map(|process| process.name.clone());
        match samples.iter().find_map(Sample::offset) {
            Some(offset) => Chosen {
                zone: TimeZone::fixed(offset),
                known: Some(DaemonZone { name: offset.to_string(), source: ZoneSource::Bans { contradicts } }),
            },
            None => unconfirmed().unwrap_or_default(),
        }
    }
}

/// Whether `zone` prints the samples as they are. One in four may be of a ban that came or went meanwhile.
fn agree(samples: &[Sample], zone: &TimeZone) -> bool {
    samples.iter().filter(|sample| !sample.agrees(zone)).count() * 4 < samples.len()
}

/// BanGUI's own zone, by its name.
fn own_zone() -> Option<NamedZone> {
    let zone = TimeZone::try_system().ok()?;
    let name = zone.iana_name().unwrap_or("the local zone").to_owned();
    Some(NamedZone { zone, name })
}

impl Clock {
    /// What is known of the daemon on the connection of that `generation`.
    fn of(&self, generation: u64) -> MutexGuard<'_, Known> {
        // Each field is whole by itself, so a poisoned lock is as good as any.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            *known = Known { generation, ..Known::default() };
        }
        known
    }
}

impl Daemon {
    /// Remembers that `targets` were banned in `jail` since `asked`, none of them before.
    pub(super) fn remember_made(&self, jail: &JailName, targets: &[Target], asked: Timestamp) {
        let now = Timestamp::now();
        if now.duration_since(asked) > samples::SOON {
            return;
        }
        let mut known = self.clock.of(self.generation());
        for target in targets.iter().take(MADE) {
            known.made.push_front((jail.clone(), target.to_string(), asked.as_second(), now.as_second()));
        }
        known.made.truncate(MADE);
    }

    /// The bans of `jail` whose time is known otherwise than from its list. None where the database cannot be
    /// read: the list is worth showing all the same.
    pub(super) async fn wanted(&self, jail: &JailName) -> Wanted {
        let of = jail.clone();
        let newest = match self.in_database(move |file| samples::newest(file, &of)).await {
            Ok(newest) => newest.unwrap_or_default(),
            Err(error) => {
                tracing::debug!(%error, "fail2ban did not tell its database in time");
                Vec::new()
            }
        };
        let mut wanted = Wanted::default();
        for (entry, earliest, latest) in newest {
            wanted.add(entry, earliest, latest);
        }
        for (of, entry, earliest, latest) in &self.clock.of(self.generation()).made {
            if of == jail {
                wanted.add(entry.clone(), *earliest, *latest);
            }
        }
        wanted
    }

    /// The zones in which a list may be that was just read, and when the daemon started.
    pub(super) async fn candidates(&self) -> Result<(Candidates, Option<Timestamp>), Error> {
        let process = self.process_clock().await?;
        let last = self.clock.of(self.generation()).chosen.clone();
        let own = tokio::task::spawn_blocking(own_zone).await;
        let own = own.map_err(|error| Error::Unreadable(error.to_string()))?;
        Ok((Candidates { last, process: process.zone.clone(), own }, process.started))
    }

    /// Remembers the zone of a list, for the next one.
    pub(super) fn remember_zone(&self, chosen: &Chosen) {
        let mut known = self.clock.of(self.generation());
        if known.chosen.as_ref() == Some(chosen) {
            return;
        }
        match &chosen.known {
            Some(zone @ DaemonZone { source: ZoneSource::Bans { contradicts: Some(_) }, .. }) => {
                tracing::warn!(%zone, "fail2ban's time zone is not the one of its process");
            }
            Some(zone) => tracing::debug!(%zone, "fail2ban's time zone"),
            None => tracing::warn!("fail2ban's time zone is not known"),
        }
        known.chosen = Some(chosen.clone());
    }

    /// What is known of the daemon's clock, from the shortest list that has a ban.
    ///
    /// # Errors
    /// When the daemon cannot be reached or its answer not be read.
    pub async fn clock(&self) -> Result<DaemonClock, Error> {
        let mut shortest: Option<(u64, JailName)> = None;
        for jail in self.jail_names().await? {
            match self.status(&jail).await {
                Ok(status) => match status.banned_now {
                    Ok(0) => {}
                    Ok(number) if shortest.as_ref().is_some_and(|(least, _)| *least <= number) => {}
                    Ok(number) => shortest = Some((number, jail)),
                    Err(unread) => tracing::debug!(%unread, %jail, "no number of bans"),
                },
                Err(error) if error.is_of_the_connection() => return Err(error),
                Err(error) => tracing::debug!(%error, %jail, "no figures of a jail"),
            }
        }
        if let Some((_, jail)) = shortest {
            match self.bans(&jail).await {
                Ok(listing) => return Ok(listing.clock),
                Err(error) if error.is_of_the_connection() => return Err(error),
                Err(error) => tracing::debug!(%error, %jail, "no ban list of a jail"),
            }
        }
        let (candidates, started) = self.candidates().await?;
        Ok(DaemonClock { zone: candidates.choose(&Wanted::default()).known, started })
    }

    async fn process_clock(&self) -> Result<Arc<ProcessClock>, Error> {
        let pid = self.process_id().await?;
        let generation = self.generation();
        if let Some(process) = &self.clock.of(generation).process {
            return Ok(Arc::clone(process));
        }
        let pid = pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0);
        let read = tokio::task::spawn_blocking(move || pid.map(process::read).unwrap_or_default()).await;
        let process = Arc::new(read.map_err(|error| Error::Unreadable(error.to_string()))?);
        self.clock.of(generation).process = Some(Arc::clone(&process));
        Ok(process)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;

    use super::*;

    fn named(name: &str, rule: &str) -> Option<NamedZone> {
        let zone = TimeZone::posix(rule).unwrap_or_else(|e| unreachable!("{e}"));
        Some(NamedZone { zone, name: name.to_owned() })
    }

    /// Bans as a daemon of `zone` lists them, made in these seconds.
    fn wanted(zone: &TimeZone, seconds: &[i64]) -> Wanted {
        let mut wanted = Wanted::default();
        for second in seconds {
            let at = Timestamp::from_second(*second).unwrap_or_else(|e| unreachable!("{e}"));
            let local = zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
            wanted.add(second.to_string(), *second, *second);
            wanted.note(&format!("{second} \t{local} + 60 = "));
        }
        wanted
    }

    fn chosen(candidates: &Candidates, wanted: &Wanted) -> (String, Option<ZoneSource>) {
        match candidates.choose(wanted).known {
            Some(zone) => (zone.name, Some(zone.source)),
            None => (String::new(), None),
        }
    }

    const WINTER: i64 = 1_769_000_000;
    const SUMMER: i64 = 1_784_000_000;

    #[test]
    fn the_zone_of_the_process_is_taken_where_bans_agree_and_where_there_are_none() {
        let process = named("Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
        let zone = process.clone().map_or(TimeZone::UTC, |named| named.zone);
        let candidates = Candidates { process, own: named("London", "GMT0BST,M3.5.0/1,M10.5.0"), last: None };
        assert_eq!(chosen(&candidates, &Wanted::default()), ("Berlin".to_owned(), Some(ZoneSource::Process)));
        let both_sides = wanted(&zone, &[WINTER, SUMMER]);
        assert_eq!(chosen(&candidates, &both_sides), ("Berlin".to_owned(), Some(ZoneSource::ProcessAndBans)));
    }

    #[test]
    fn bans_win_over_the_process() {
        let process = named("Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
        let candidates = Candidates { process, own: named("UTC", "UTC0"), last: None };
        let bans = |zone: &TimeZone| chosen(&candidates, &wanted(zone, &[SUMMER]));
        let source = Some(ZoneSource::Bans { contradicts: Some("Berlin".to_owned()) });
        assert_eq!(bans(&TimeZone::fixed(offset(-5))), ("-05".to_owned(), source));
        assert_eq!(bans(&TimeZone::UTC), ("UTC".to_owned(), Some(ZoneSource::OwnAndBans)));
    }

    #[test]
    fn without_any_evidence_nothing_is_taken_for_known() {
        let own = named("UTC", "UTC0");
        assert_eq!(Candidates { own: own.clone(), ..Candidates::default() }.choose(&Wanted::default()), Chosen::default());
        // A row of another ban of the same address proves nothing.
        let mut odd = Wanted::default();
        odd.add("x".to_owned(), SUMMER, SUMMER);
        odd.note("x \t2001-01-01 00:00:00 + 60 = ");
        assert_eq!(Candidates { own, ..Candidates::default() }.choose(&odd), Chosen::default());
    }

    #[test]
    fn what_was_learned_lasts_while_nothing_contradicts() {
        let learned = Candidates::default().choose(&wanted(&TimeZone::fixed(offset(3)), &[WINTER]));
        assert_eq!(learned.known.as_ref().map(|zone| zone.name.as_str()), Some("+03"));
        let candidates = Candidates { last: Some(learned.clone()), ..Candidates::default() };
        assert_eq!(candidates.choose(&Wanted::default()), learned);
        let moved = candidates.choose(&wanted(&TimeZone::fixed(offset(2)), &[SUMMER]));
        assert_eq!(moved.known.map(|zone| zone.name).as_deref(), Some("+02"));
    }
}
