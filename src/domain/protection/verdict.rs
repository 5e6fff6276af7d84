//! The verdict on each jail, and what it rests on.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::{
    FilterLook, Finding, JailFirewall, JailLogs, Level, LogFile, LogState, NotLooked, PlaceLook, Reason,
    Uncovered,
};
use crate::domain::address::Target;
use crate::domain::jail::JailName;

/// A log of a service that is asked at all has a line a week.
const SILENT: Duration = Duration::from_hours(7 * 24);
/// The fewest lines that look like failed logins from which on none matched is no accident.
const FEW_FAILURES: u64 = 3;
/// The fewest lines from which on it says something that half of them have no date.
const FEW_LINES: u64 = 10;
/// How far ahead a line may be whose clock is another one.
const AHEAD: Duration = Duration::from_mins(5);

/// A jail, with what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailProtection {
    pub(crate) jail: JailName,
    /// What speaks against it, the worst first.
    pub(crate) reasons: Vec<Reason>,
    /// Where its bans were looked for.
    pub(crate) places: Vec<PlaceLook>,
    /// Its log files; empty where it reads the journal.
    pub(crate) files: Vec<LogFile>,
    /// What its filter made of the log.
    pub(crate) filter: Option<FilterLook>,
    /// The addresses and networks that it ignores.
    pub(crate) ignored: Vec<Target>,
}

impl JailProtection {
    /// A jail of which nothing is known yet.
    pub(crate) fn new(jail: JailName) -> Self {
        Self {
            jail,
            reasons: Vec::new(),
            places: Vec::new(),
            files: Vec::new(),
            filter: None,
            ignored: Vec::new(),
        }
    }

    /// Returns true if it bans nobody who comes from `address`.
    pub(crate) fn ignores(&self, address: IpAddr) -> bool {
        self.ignored.iter().any(|entry| entry.contains(address))
    }

    /// The verdict.
    pub(crate) fn level(&self) -> Level {
        self.reasons.iter().map(Reason::level).max().unwrap_or(Level::Works)
    }

    /// Adds what the firewall holds.
    pub(crate) fn add_firewall(&mut self, look: JailFirewall) {
        for PlaceLook { action, place, findings, .. } in &look.places {
            for finding in findings {
                let (action, place, finding) = (action.clone(), place.clone(), finding.clone());
                // The ports are those of both families.
                let is_told = matches!(finding, Finding::NobodyListens(_) | Finding::Published(_))
                    && self.reasons.iter().any(
                        |told| matches!(told, Reason::Firewall { finding: other, .. } if *other == finding),
                    );
                if !is_told {
                    self.reasons.push(Reason::Firewall { action, place, finding });
                }
            }
        }
        let all_report = !look.not_looked.is_empty()
            && look.not_looked.iter().all(|(_, why)| *why == NotLooked::OnlyReports);
        if all_report && !look.has_known_place {
            self.reasons.push(Reason::OnlyReports);
        }
        for (action, why) in look.not_looked {
            // Beside an action that blocks, others may do what they like.
            let counts = match &why {
                NotLooked::OnlyReports => false,
                NotLooked::UnknownAction => !look.has_known_place,
                _ => true,
            };
            if counts {
                self.reasons.push(Reason::NotLooked { action, why });
            }
        }
        self.places = look.places;
    }

    /// Adds the state of its log files at `now`.
    pub(crate) fn add_logs(&mut self, logs: JailLogs, now: Timestamp) {
        for file in &logs.files {
            match &file.state {
                LogState::Gone | LogState::NoFile | LogState::Unreadable(_) => {
                    self.reasons.push(Reason::Log(file.clone()));
                }
                LogState::Written { instead: Some(instead), .. } => {
                    let (path, instead) = (file.path.clone(), instead.clone());
                    self.reasons.push(Reason::RotatedAway { path, instead });
                }
                LogState::Written { last, .. } => {
                    if now.duration_since(*last).unsigned_abs() > SILENT && *last < now {
                        self.reasons.push(Reason::Silent { path: file.path.clone(), since: *last });
                    }
                }
            }
        }
        self.files = logs.files;
    }

    /// Adds what its filter made of its log. `is_matched_elsewhere` where another jail's filter finds something in the
    /// same log.
    pub(crate) fn add_filter(&mut self, look: FilterLook, is_matched_elsewhere: bool, now: Timestamp) {
        if look.lines >= FEW_LINES && look.without_date * 2 > look.lines {
            self.reasons.push(Reason::DatesUnknown(look.clone()));
        } else if look.known == 0 && look.suspicious_count >= FEW_FAILURES && !is_matched_elsewhere {
            self.reasons.push(Reason::MatchesNothing(look.clone()));
        }
        if let Some(newest) = look.newest.filter(|newest| now + AHEAD < *newest) {
            self.reasons.push(Reason::FromTheFuture(newest));
        }
        if let Some((path, seconds)) = look.behind.clone() {
            self.reasons.push(Reason::Behind { path, seconds });
        }
        self.filter = Some(look);
    }

    /// Puts the worst first.
    pub(crate) fn sort(&mut self) {
        self.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.level()));
    }
}

/// One whole look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protection {
    /// The time of its end.
    pub(crate) at: Timestamp,
    pub(crate) jails: Vec<JailProtection>,
    /// The services that listen and have no jail, or why they are not known.
    pub(crate) uncovered: Result<Vec<Uncovered>, NotLooked>,
}

impl Protection {
    /// The worst verdict on a jail. Without any jail nothing protects.
    pub(crate) fn worst(&self) -> Level {
        self.jails.iter().map(JailProtection::level).max().unwrap_or(Level::DoesNotProtect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protection::Place;

    fn jail() -> Result<JailProtection, Box<dyn std::error::Error>> {
        Ok(JailProtection::new("sshd".parse()?))
    }

    fn look(suspicious_count: u64, known: u64) -> FilterLook {
        FilterLook { lines: 100, known, matched: known, suspicious_count, ..FilterLook::default() }
    }

    #[test]
    fn a_filter_that_finds_something_or_whose_log_another_reads_is_quiet()
    -> Result<(), Box<dyn std::error::Error>> {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse()?;
        for (look, elsewhere, level) in [
            (look(5, 0), false, Level::DoesNotProtect),
            (look(5, 0), true, Level::Works),
            (look(5, 1), false, Level::Works),
            (look(2, 0), false, Level::Works),
            (FilterLook { without_date: 60, ..look(0, 40) }, false, Level::DoesNotProtect),
            (FilterLook { newest: Some(now + Duration::from_hours(1)), ..look(0, 1) }, false, Level::LookAt),
            (FilterLook { newest: Some(now - Duration::from_hours(1)), ..look(0, 1) }, false, Level::Works),
            (FilterLook { lines: 4, without_date: 4, ..look(0, 0) }, false, Level::Works),
        ] {
            let mut jail = jail()?;
            jail.add_filter(look.clone(), elsewhere, now);
            assert_eq!(jail.level(), level, "{look:?}");
        }
        Ok(())
    }

    #[test]
    fn an_action_that_reports_is_enough_only_beside_one_that_blocks() -> Result<(), Box<dyn std::error::Error>>
    {
        let name: JailName = "sshd".parse()?;
        let with = |not_looked: &[(&str, NotLooked)], places: Vec<PlaceLook>| {
            let not_looked = not_looked.iter().map(|(name, why)| ((*name).to_owned(), why.clone())).collect();
            let mut jail = JailProtection::new(name.clone());
            let has_known_place = !places.is_empty();
            jail.add_firewall(JailFirewall { jail: name.clone(), has_known_place, places, not_looked });
            jail.level()
        };
        let place = PlaceLook {
            action: "route".to_owned(),
            place: Place::Routes,
            bans: 1,
            held: 1,
            findings: Vec::new(),
        };
        assert_eq!(with(&[("mail", NotLooked::OnlyReports)], Vec::new()), Level::LookAt);
        assert_eq!(with(&[("mail", NotLooked::OnlyReports)], vec![place.clone()]), Level::Works);
        assert_eq!(with(&[("mine", NotLooked::UnknownAction)], Vec::new()), Level::Unknown);
        assert_eq!(with(&[("mine", NotLooked::UnknownAction)], vec![place.clone()]), Level::Works);
        assert_eq!(with(&[("route", NotLooked::OtherNetwork)], vec![place]), Level::Unknown);
        Ok(())
    }

    #[test]
    fn a_log_that_is_silent_for_a_week_is_told() -> Result<(), Box<dyn std::error::Error>> {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse()?;
        for (last, level) in [
            ("2026-11-28T11:00:00Z", Level::Works),
            ("2026-11-22T12:00:00Z", Level::Works),
            ("2026-11-20T12:00:00Z", Level::LookAt),
            // A clock that was set back says nothing.
            ("2027-01-20T12:00:00Z", Level::Works),
        ] {
            let state = LogState::Written { size: 1, last: last.parse()?, instead: None };
            let files = vec![LogFile { path: "/var/log/auth.log".to_owned(), state }];
            let mut jail = jail()?;
            jail.add_logs(JailLogs { jail: jail.jail.clone(), files }, now);
            assert_eq!(jail.level(), level, "{last}");
        }
        Ok(())
    }
}
