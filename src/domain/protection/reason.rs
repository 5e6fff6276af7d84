//! What speaks against a jail, and how bad it is.

use jiff::Timestamp;

use super::{FilterLook, Finding, LogFile, LogState, NotLooked, Place, SettingFinding};
use crate::domain::filter_trial::Untried;
use crate::domain::lack::Lack;

/// How well a jail protects, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It was looked at, and it works.
    Works,
    /// It could not be looked at.
    Unknown,
    /// Something is odd.
    LookAt,
    /// It does not protect.
    DoesNotProtect,
}

/// Something that speaks against a jail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// In the firewall.
    Firewall { action: String, place: Place, finding: Finding },
    /// An action could not be looked at.
    NotLooked { action: String, why: NotLooked },
    /// All of its actions only tell somebody.
    OnlyReports,
    /// It lacks what a ban takes.
    Lacks(Lack),
    /// A log file is not there, is no file or cannot be read.
    Log(LogFile),
    /// Nothing came into its log since then.
    Silent { path: String, since: Timestamp },
    /// Its service writes to this file instead.
    RotatedAway { path: String, instead: String },
    /// Lines that look like failed logins, of which none matches.
    MatchesNothing(FilterLook),
    /// Lines whose date is not understood.
    DatesUnknown(FilterLook),
    /// Lines of its log are of a time that is yet to come.
    FromTheFuture(Timestamp),
    /// The last line of a log is as many seconds older than its last change as time zones are apart.
    Behind { path: String, seconds: i64 },
    /// Its filter could not be tried.
    FilterNotTried(Untried),
    /// fail2ban's own code, which tries filters, does not run. Holds its words.
    NoTrial(String),
    /// Settings that do not fit each other.
    Setting(SettingFinding),
}

impl Reason {
    /// Returns true where a restart of the jail makes its rules anew, and with them what is missing.
    pub(crate) fn is_mended_by_restart(&self) -> bool {
        match self {
            Self::Firewall { place, finding, .. } => match finding {
                Finding::Missing(sample) => !place.refuses_all(&sample.first),
                Finding::LeftOver(_)
                | Finding::NoPlace(_)
                | Finding::NotHooked
                | Finding::AcceptedBefore(_) => true,
                Finding::Ipv4Only(_) | Finding::NobodyListens(_) | Finding::Published(_) => false,
            },
            _ => false,
        }
    }

    /// How bad it is.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::NotLooked { .. }
            | Self::FilterNotTried(_)
            | Self::NoTrial(_)
            | Self::Lacks(Lack::Unread)
            | Self::Log(LogFile { state: LogState::Unreadable(_), .. }) => Level::Unknown,
            Self::Firewall { finding, .. } => match finding {
                Finding::LeftOver(_) | Finding::NobodyListens(_) | Finding::Published(_) => Level::LookAt,
                Finding::Missing(_)
                | Finding::NoPlace(_)
                | Finding::NotHooked
                | Finding::AcceptedBefore(_)
                | Finding::Ipv4Only(_) => Level::DoesNotProtect,
            },
            Self::Setting(SettingFinding::IgnoresEverybody | SettingFinding::ReadsAnotherLog { .. }) => {
                Level::DoesNotProtect
            }
            Self::OnlyReports
            | Self::Silent { .. }
            | Self::FromTheFuture(_)
            | Self::Behind { .. }
            | Self::Setting(_) => Level::LookAt,
            Self::Lacks(_)
            | Self::Log(_)
            | Self::RotatedAway { .. }
            | Self::MatchesNothing(_)
            | Self::DatesUnknown(_) => Level::DoesNotProtect,
        }
    }
}
