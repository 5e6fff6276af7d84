//! The facts about one address: ignore lists that contain it, and its earlier bans.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::{Banned, Target};
use super::ignore::listed::Listed;
use super::jail::length::Length;

/// The answer of one jail's ignore list for an address or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// All of it is ignored, through this entry.
    Through(String),
    /// Only these entries inside the network are ignored.
    Partly(Vec<String>),
    /// No entry is sure to contain it. Some entries cannot be judged: host names, without asking
    /// the DNS; files; entries that may stand for every address.
    No {
        /// The entries, as the daemon lists them.
        unjudged: Vec<Listed>,
    },
}

/// Judges the ignore list `entries` for `target`, as far as addresses alone allow
/// (`fail2ban/server/filter.py`, `_inIgnoreIPList`).
#[must_use]
pub(crate) fn judge(entries: &[Listed], target: &Target) -> Ignored {
    let mut inside = Vec::new();
    let mut unjudged = Vec::new();
    let mut is_in_doubt = false;
    for entry in entries {
        match entry.target() {
            Some(own) if own.covers(target) => return Ignored::Through(entry.to_string()),
            Some(_) if entry.may_be_every(target) => {
                is_in_doubt = true;
                unjudged.push(entry.clone());
            }
            Some(own) if target.covers(&own) => inside.push(entry.to_string()),
            Some(_) => {}
            None => unjudged.push(entry.clone()),
        }
    }
    if inside.is_empty() || is_in_doubt { Ignored::No { unjudged } } else { Ignored::Partly(inside) }
}

/// The bans of an address, or of the addresses inside a network, that fail2ban's database
/// remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// The latest bans, the newest first.
    pub bans: Vec<PastBan>,
    /// Number of bans, these among them.
    pub all: usize,
    /// Number of records of bans that cannot be read.
    pub unread: usize,
    /// True if the database holds so many bans that not all of them were looked at.
    pub(crate) cut_short: bool,
}

/// One ban that fail2ban remembers; it may still hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastBan {
    /// The jail by its name; there need not be such a jail any more.
    pub jail: String,
    /// The entry that was banned.
    pub banned: Banned,
    /// The time when it began.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub since: Timestamp,
    /// Length of the ban. `None` where it cannot be read, or fail2ban does not know it either
    /// (databases of before 0.11).
    pub length: Option<Length>,
    /// Ordinal of the ban among those of this address in this jail, counting from 1 as fail2ban
    /// does. `None` where that cannot be read.
    pub count: Option<u64>,
    /// The evidence that led to it.
    pub(crate) evidence: Result<Evidence, NoEvidence>,
}

/// Reason why nothing is known of what led to a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NoEvidence {
    /// fail2ban's record is longer than what is read at once.
    TooLarge { bytes: u64 },
    /// It is not of fail2ban's form.
    Unreadable,
}

/// The evidence that led to a ban.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// Number of failures; 0 for a ban by hand.
    pub failures: u64,
    /// The user names that were tried, where the filter finds them.
    pub(crate) users: Vec<String>,
    /// The first of the log lines that fail2ban kept, safe to show.
    pub lines: Vec<String>,
    /// Number of further lines that it kept.
    pub(crate) more_lines: u64,
}

/// Reason why fail2ban's database gives no bans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NoHistory {
    /// `dbfile = None`.
    #[error("fail2ban's database is switched off")]
    SwitchedOff,
    /// `dbfile = :memory:`.
    #[error("fail2ban's database is in its own memory")]
    InMemory,
    /// The daemon does not tell which file it is.
    #[error("fail2ban did not tell which database it uses")]
    NotTold,
    /// There is no such file here.
    #[error("fail2ban's database is not where fail2ban says it is")]
    Missing,
    /// Our user may not read it.
    #[error("permission denied on fail2ban's database")]
    Denied,
    /// Somebody writes to it for longer than we wait.
    #[error("fail2ban's database is locked")]
    Locked,
    /// It is no database, or damaged.
    #[error("fail2ban's database is damaged")]
    Damaged,
    /// Anything else. The log says what.
    #[error("fail2ban's database could not be read")]
    Unreadable,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(entries: &[&str], target: &str) -> Ignored {
        let entries: Vec<Listed> =
            entries.iter().map(|entry| Listed::from_daemon((*entry).to_owned())).collect();
        judge(&entries, &target.parse().unwrap_or_else(|e| unreachable!("{e}")))
    }

    #[test]
    fn an_ignore_list_contains_an_address_through_one_entry() {
        let entries = ["localhost", "10.0.0.0/8", "2001:db8::/32", "192.0.2.1"];
        for (target, through) in
            [("10.1.2.3", 1), ("10.9.0.0/16", 1), ("2001:db8::7", 2), ("192.0.2.1", 3), ("10.0.0.0/8", 1)]
        {
            assert_eq!(judged(&entries, target), Ignored::Through(entries[through].to_owned()), "{target}");
        }
        assert_eq!(judged(&entries, "192.0.0.0/16"), Ignored::Partly(vec!["192.0.2.1".to_owned()]));
        assert_eq!(
            judged(&entries, "203.0.113.5"),
            Ignored::No { unjudged: vec![Listed::from_daemon("localhost".to_owned())] },
            "a host name is not judged"
        );
        let doubtful = |entry: &str| Ignored::No { unjudged: vec![Listed::from_daemon(entry.to_owned())] };
        for target in ["203.0.113.5", "203.0.113.0/24", "0.0.0.0/0", "0.0.0.0/8"] {
            assert_eq!(judged(&["0.0.0.0", "::"], target), doubtful("0.0.0.0"), "{target}");
        }
        assert_eq!(judged(&["0.0.0.0", "::"], "2001:db8::1"), doubtful("::"));
        assert_eq!(judged(&["0.0.0.0"], "0.0.0.0"), Ignored::Through("0.0.0.0".to_owned()));
        let through = Ignored::Through("203.0.113.0/24".to_owned());
        assert_eq!(judged(&["0.0.0.0", "203.0.113.0/24"], "203.0.113.5"), through);
    }
}
