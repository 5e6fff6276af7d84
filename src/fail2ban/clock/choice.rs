//! The choice of the zone that a ban list is in.

use jiff::tz::TimeZone;

use super::process::NamedZone;
use super::samples::{Sample, Wanted};
use crate::domain::daemon_clock::{DaemonZone, ZoneSource};

/// The zone that a list is read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// UTC where the zone is not known.
    pub(crate) zone: TimeZone,
    /// `None` where it is not known.
    pub(crate) known: Option<DaemonZone>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, known: None }
    }
}

/// The zones that a list may be in.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// The one of the list before.
    pub(crate) last: Option<Chosen>,
    pub(crate) process: Option<NamedZone>,
    pub(crate) own: Option<NamedZone>,
}

impl Candidates {
    /// The zone to try first.
    pub(crate) fn first(&self) -> TimeZone {
        let of_process = || self.process.as_ref().map(|named| named.zone.clone());
        self.last.as_ref().map(|chosen| chosen.zone.clone()).or_else(of_process).unwrap_or(TimeZone::UTC)
    }

    /// The zone in which the bans of `wanted` that were found were printed.
    pub(crate) fn choose(&self, wanted: &Wanted) -> Chosen {
        let samples = wanted.newest_first();
        let with = |named: &NamedZone, source| Chosen {
            zone: named.zone.clone(),
            known: Some(DaemonZone { name: named.name.clone(), source }),
        };
        let unconfirmed = || self.process.as_ref().map(|process| with(process, ZoneSource::Process));
        if samples.is_empty() {
            return self
                .last
                .clone()
                .filter(|last| last.known.is_some())
                .or_else(unconfirmed)
                .unwrap_or_default();
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
                known: Some(DaemonZone {
                    name: offset.to_string(),
                    source: ZoneSource::Bans { contradicts },
                }),
            },
            None => unconfirmed().unwrap_or_default(),
        }
    }
}

/// Returns true if `zone` prints the samples as they are. One in four may be of a ban that came or
/// went meanwhile.
fn agree(samples: &[Sample], zone: &TimeZone) -> bool {
    samples.iter().filter(|sample| !sample.agrees(zone)).count() * 4 < samples.len()
}

/// BanGUI's own zone, by its name.
pub(crate) fn own_zone() -> Option<NamedZone> {
    let zone = TimeZone::try_system().ok()?;
    let name = zone.iana_name().unwrap_or("the local zone").to_owned();
    Some(NamedZone { zone, name })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::offset;

    use super::*;

    fn named(name: &str, rule: &str) -> NamedZone {
        let zone = TimeZone::posix(rule).unwrap_or_else(|e| unreachable!("{e}"));
        NamedZone { zone, name: name.to_owned() }
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
        let zone = process.zone.clone();
        let candidates = Candidates {
            process: Some(process),
            own: Some(named("London", "GMT0BST,M3.5.0/1,M10.5.0")),
            last: None,
        };
        assert_eq!(chosen(&candidates, &Wanted::default()), ("Berlin".to_owned(), Some(ZoneSource::Process)));
        let both_sides = wanted(&zone, &[WINTER, SUMMER]);
        assert_eq!(chosen(&candidates, &both_sides), ("Berlin".to_owned(), Some(ZoneSource::ProcessAndBans)));
    }

    #[test]
    fn bans_win_over_the_process() {
        let process = named("Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
        let candidates = Candidates { process: Some(process), own: Some(named("UTC", "UTC0")), last: None };
        let bans = |zone: &TimeZone| chosen(&candidates, &wanted(zone, &[SUMMER]));
        let source = Some(ZoneSource::Bans { contradicts: Some("Berlin".to_owned()) });
        assert_eq!(bans(&TimeZone::fixed(offset(-5))), ("-05".to_owned(), source));
        assert_eq!(bans(&TimeZone::UTC), ("UTC".to_owned(), Some(ZoneSource::OwnAndBans)));
    }

    #[test]
    fn without_any_evidence_nothing_is_taken_for_known() {
        let own = Some(named("UTC", "UTC0"));
        assert_eq!(
            Candidates { own: own.clone(), ..Candidates::default() }.choose(&Wanted::default()),
            Chosen::default()
        );
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
