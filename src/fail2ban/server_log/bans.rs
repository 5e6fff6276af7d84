//! The bans and unbans that fail2ban's log tells of, in the log's default form (`fail2ban/server/actions.py`,
//! `__checkBan` and `__unBan`; alike from 0.11.2 to 1.1.1):
//!
//! ```text
//! 2026-11-22 13:31:06,123 fail2ban.actions [7]: NOTICE  [sshd] Ban 203.0.113.5
//! 2026-11-22 13:41:06,123 fail2ban.actions [7]: NOTICE  [sshd] Unban 203.0.113.5
//! 2026-11-22 13:50:00,123 fail2ban.actions [7]: NOTICE  [sshd] Restore Ban 203.0.113.5
//! ```

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::address::Banned;

/// Characters of the time, without its milliseconds.
const TIME: usize = "2026-11-22 13:31:06".len();

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoggedChange {
    Banned,
    /// By itself, by somebody, or because the jail ends: the log does not tell which.
    Unbanned,
    /// It was banned before the jail started.
    Restored,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedBan {
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub(crate) at: Timestamp,
    pub(crate) jail: String,
    pub(crate) banned: Banned,
    pub(crate) change: LoggedChange,
}

/// Reads a line; `None` where it tells of no ban. Its time is one of `zone`.
pub(crate) fn parse_ban(line: &str, zone: &TimeZone) -> Option<LoggedBan> {
    let (time, rest) = line.split_at_checked(TIME)?;
    let (head, message) = rest.split_once("]: NOTICE")?;
    let (name, process) = head.rsplit_once('[')?;
    let is_of_actions =
        name.contains(" fail2ban.actions") && process.bytes().all(|byte| byte.is_ascii_digit());
    let message = message.trim_start().strip_prefix('[').filter(|_| is_of_actions)?;
    // A jail may be named `a] Ban b`; what is banned last has no such words.
    let (jail, change, entry) = [
        ("] Restore Ban ", LoggedChange::Restored),
        ("] Unban ", LoggedChange::Unbanned),
        ("] Ban ", LoggedChange::Banned),
    ]
    .into_iter()
    .find_map(|(words, change)| message.split_once(words).map(|(jail, entry)| (jail, change, entry)))?;
    let time: DateTime = time.parse().ok()?;
    let at = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    let entry = entry.trim_end();
    (!entry.is_empty() && !jail.is_empty()).then(|| LoggedBan {
        at,
        jail: jail.to_owned(),
        banned: Banned::from_daemon(entry),
        change,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<(String, String, String, LoggedChange)> {
        parse_ban(line, &TimeZone::UTC)
            .map(|ban| (ban.at.to_string(), ban.jail, ban.banned.to_string(), ban.change))
    }

    #[test]
    fn a_line_of_each_kind_is_read_and_no_other() {
        let line = |message: &str| {
            format!("2026-11-22 13:31:06,123 fail2ban.actions        [4711]: NOTICE  {message}")
        };
        for (message, entry, change) in [
            ("[sshd] Ban 203.0.113.5", "203.0.113.5", LoggedChange::Banned),
            ("[sshd] Unban 2001:db8::1", "2001:db8::1", LoggedChange::Unbanned),
            ("[sshd] Restore Ban 203.0.113.0/24", "203.0.113.0/24", LoggedChange::Restored),
        ] {
            let expected = ("2026-11-22T13:31:06Z".to_owned(), "sshd".to_owned(), entry.to_owned(), change);
            assert_eq!(told(&line(message)), Some(expected), "{message}");
        }
        for message in
            ["[sshd] 203.0.113.5 already banned", "[sshd] Flush ticket(s) with x", "[sshd] Ban ", "Ban x"]
        {
            assert_eq!(told(&line(message)), None, "{message}");
        }
        for other in [
            "",
            "ü",
            "2026-11-22 13:31:06,123 fail2ban.filter [7]: INFO    [sshd] Found 203.0.113.5 - 2026-11-22 13:31:06",
            "2026-11-22 13:31:06,1 fail2ban.filter [7]: NOTICE  [sshd] Ban 203.0.113.5",
            "soon, or at noon it is fail2ban.actions [7]: NOTICE  [sshd] Ban 203.0.113.5",
        ] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
