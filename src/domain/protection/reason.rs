//! What speaks against a jail, and how bad it is.

use jiff::Timestamp;

use super::{Finding, LogFile, LogState, NotLooked, Place, SettingFinding};
use crate::domain::filter_trial::{FilterTrial, TriedExpressions, Untried};
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

/// What the filter made of the last lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FilterLook {
    pub(crate) lines: u64,
    /// Lines that count as a failure.
    pub(crate) matched: u64,
    /// Lines that some expression knows, those among them.
    pub(crate) known: u64,
    pub(crate) without_date: u64,
    /// The number of lines that look like failed logins and match nothing.
    pub(crate) suspicious_count: u64,
    /// Some of them.
    pub(crate) suspicious: Vec<String>,
    /// The newest failure.
    pub(crate) newest: Option<Timestamp>,
}

impl From<&FilterTrial> for FilterLook {
    fn from(trial: &FilterTrial) -> Self {
        let is_its_own = |line: &&String| is_of_its_program(line, &trial.expressions);
        let suspicious: Vec<String> = trial.suspicious.iter().filter(is_its_own).cloned().collect();
        let times = trial.shown.iter().filter_map(|line| line.found.as_ref()?.time);
        Self {
            lines: trial.lines,
            matched: trial.matched,
            known: trial.matched + trial.noticed + trial.ignored,
            without_date: trial.without_date,
            suspicious_count: suspicious.len() as u64,
            suspicious,
            newest: times.max().and_then(|time| Timestamp::from_second(time).ok()),
        }
    }
}

/// Returns true if some expression names the program of a line of syslog (`sshd-session[7]:` is sshd's). Several services
/// may write to one log. A line of no program is its own.
fn is_of_its_program(line: &str, expressions: &TriedExpressions) -> bool {
    let tag = line.split_whitespace().take(6).find_map(|word| word.strip_suffix(':')?.split('[').next());
    let Some(program) =
        tag.and_then(|tag| tag.split(['-', '/']).next()).filter(|name| name.starts_with(char::is_alphabetic))
    else {
        return true;
    };
    let names_it =
        |expression: &String| expression.split(|c: char| !c.is_alphanumeric()).any(|word| word == program);
    expressions.failregex.iter().chain(&expressions.prefregex).any(names_it)
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
            Self::OnlyReports | Self::Silent { .. } | Self::FromTheFuture(_) | Self::Setting(_) => {
                Level::LookAt
            }
            Self::Lacks(_)
            | Self::Log(_)
            | Self::RotatedAway { .. }
            | Self::MatchesNothing(_)
            | Self::DatesUnknown(_) => Level::DoesNotProtect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_program_says_nothing_of_a_filter() {
        let prefregex = Some(r"^(?:\[\])?\s*(?:sshd(?:\[\d+\])?:)\s+<CONTENT>$".to_owned());
        let expressions = TriedExpressions { prefregex, ..TriedExpressions::default() };
        for (line, is_its_own) in [
            ("Nov 28 12:00:00 host sshd-session[7]: Failed password for root from 203.0.113.7", true),
            ("2026-11-28T12:00:00+01:00 host sshd[7]: Failed password", true),
            ("Nov 28 12:00:00 host postfix/smtpd[7]: SASL LOGIN authentication failed", false),
            ("2026/11/28 12:00:00 [error] 7#7: *1 user not found", true),
        ] {
            assert_eq!(is_of_its_program(line, &expressions), is_its_own, "{line}");
        }
    }
}
