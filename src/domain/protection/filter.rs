//! What the filter of a jail makes of its log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::filter_trial::{FilterTrial, TriedExpressions, Untried};
use crate::domain::jail::JailName;

/// Time zones are whole half hours apart, but for few.
const HALF_HOUR: i64 = 30 * 60;
const FARTHEST: i64 = 14 * 60 * 60;
/// The most seconds that it takes a line to get to its log.
const LATE: i64 = 2;

/// The trial of a jail's filter on its own log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailFilter {
    /// The jail.
    pub jail: JailName,
    /// Its `usedns`, as `warn`.
    pub use_dns: Option<String>,
    /// What was found, or why it could not be tried.
    pub look: Result<FilterLook, Untried>,
}

/// What the filter made of the last lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FilterLook {
    /// Number of lines.
    pub lines: u64,
    /// Lines that count as a failure.
    pub matched: u64,
    /// Lines that some expression knows, those among them.
    pub known: u64,
    /// Lines in which fail2ban understands no date.
    pub without_date: u64,
    /// The number of lines that look like failed logins and match nothing.
    pub suspicious_count: u64,
    /// Some of them.
    pub suspicious: Vec<String>,
    /// The newest failure.
    pub newest: Option<Timestamp>,
    /// The logs that were read, by path.
    pub logs: Vec<String>,
    /// A log whose last line is of another time zone, by its path, and the seconds by which it is behind.
    pub behind: Option<(String, i64)>,
}

impl From<&FilterTrial> for FilterLook {
    fn from(trial: &FilterTrial) -> Self {
        let is_its_own = |line: &&String| is_of_its_program(line, &trial.expressions);
        let suspicious: Vec<String> = trial.suspicious.iter().filter(is_its_own).cloned().collect();
        Self {
            lines: trial.lines,
            matched: trial.matched,
            known: trial.matched + trial.noticed + trial.ignored,
            without_date: trial.without_date,
            suspicious_count: suspicious.len() as u64,
            suspicious,
            newest: trial.newest.and_then(|time| Timestamp::from_second(time).ok()),
            logs: trial.logs.iter().map(|log| log.path.clone()).collect(),
            behind: trial
                .logs
                .iter()
                .find_map(|log| Some((log.path.clone(), log.lag.filter(|lag| is_of_a_zone(*lag))?))),
        }
    }
}

/// Returns true if a line that was just written is as much older as time zones are apart.
fn is_of_a_zone(lag: i64) -> bool {
    // Both have whole seconds, and a log is written a moment after what it tells.
    let beyond = (lag + LATE).rem_euclid(HALF_HOUR);
    (HALF_HOUR - LATE..=FARTHEST + LATE).contains(&lag) && beyond <= 2 * LATE
}

/// Returns true if the expressions name the program of a line of syslog (`sshd-session[7]:` is sshd's). Several services
/// may write to one log. A line of no program is its own.
fn is_of_its_program(line: &str, expressions: &TriedExpressions) -> bool {
    let tag =
        line.split_whitespace().take(6).find_map(|word| word.strip_suffix(':')?.split(['[', '(']).next());
    let Some(program) =
        tag.and_then(|tag| tag.split(['-', '/']).next()).filter(|name| name.starts_with(char::is_alphabetic))
    else {
        return true;
    };
    let names_it =
        |expression: &String| expression.split(|c: char| !c.is_alphanumeric()).any(|word| word == program);
    // What stands before all expressions names the program. They themselves name much else: those of sshd `auth`.
    match &expressions.prefregex {
        Some(before_all) => names_it(before_all),
        None => expressions.failregex.iter().any(names_it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_program_says_nothing_of_a_filter() {
        let prefregex = Some(r"^(?:\[\])?\s*(?:sshd(?:\[\d+\])?:)\s+<CONTENT>$".to_owned());
        let failregex =
            vec![r"^pam_[a-z]+\(sshd:auth\):\s+authentication failure; .*rhost=<HOST>".to_owned()];
        let expressions = TriedExpressions { failregex, prefregex, ..TriedExpressions::default() };
        for (line, is_its_own) in [
            ("Nov 28 12:00:00 host sshd-session[7]: Failed password for root from 203.0.113.7", true),
            ("2026-11-28T12:00:00+01:00 host sshd[7]: Failed password", true),
            ("Nov 28 12:00:00 host postfix/smtpd[7]: SASL LOGIN authentication failed", false),
            (
                "Nov 28 12:00:00 host auth: pam_unix(dovecot:auth): authentication failure; rhost=203.0.113.7",
                false,
            ),
            ("Nov 28 12:00:00 host auth-worker(7): pam(bob,203.0.113.7): unknown user", false),
            ("2026/11/28 12:00:00 [error] 7#7: *1 user not found", true),
        ] {
            assert_eq!(is_of_its_program(line, &expressions), is_its_own, "{line}");
        }
    }

    #[test]
    fn a_line_is_of_another_zone_where_it_is_whole_half_hours_late() {
        for lag in [1_800, 3_600, 3_601, 10_798, 19_802, 50_400] {
            assert!(is_of_a_zone(lag), "{lag}");
        }
        for lag in [-3_600, -1, 0, 1, 2, 1_700, 1_803, 2_700, 86_400] {
            assert!(!is_of_a_zone(lag), "{lag}");
        }
    }
}
