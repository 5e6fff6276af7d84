//! The earlier bans that fail2ban's database tells of, as the look-up shows them.

use crate::domain::address::Target;
use crate::domain::jail::Length;
use crate::domain::lookup::{History, PastBan};
use crate::jail_service::{ActiveBan, LookUp};

use super::past::Told;
use super::show::LookupPage;

impl LookupPage {
    /// Returns true if BanGUI's own record tells of bans.
    pub(super) fn is_recorded(&self) -> bool {
        matches!(&self.past, Told::Past(past) if !past.lanes.is_empty())
    }

    /// The highest count of each jail, for one address or text; a network has no count of its own.
    pub(super) fn counts<'a>(found: &LookUp, history: &'a History) -> Vec<(&'a str, u64)> {
        let mut counts: Vec<(&str, u64)> = Vec::new();
        if matches!(found.asked.target(), Some(Target::Network(_))) {
            return counts;
        }
        for ban in &history.bans {
            let Some(count) = ban.count else { continue };
            match counts.iter_mut().find(|(jail, _)| *jail == ban.jail) {
                Some((_, known)) => *known = count.max(*known),
                None => counts.push((&ban.jail, count)),
            }
        }
        counts
    }

    /// Returns true if `ban` is one of those that hold now.
    pub(super) fn holds(found: &LookUp, ban: &PastBan) -> bool {
        found.holders.iter().any(|held| is_same(held, ban))
    }

    /// The length of `ban`: its own where it holds now and has one, which fail2ban's database does not know.
    pub(super) fn length(&self, found: &LookUp, ban: &PastBan) -> Option<Length> {
        let held = found.holders.iter().find(|held| is_same(held, ban));
        held.and_then(|held| self.timed.own_length(&held.jail, &held.ban)).or(ban.length)
    }

    /// A log line in three: what is before the entry that was banned, that entry, and the rest.
    pub(super) fn marked<'a>(line: &'a str, ban: &PastBan) -> (&'a str, &'a str, &'a str) {
        let entry = ban.banned.to_string();
        let found = line.find(&entry).and_then(|at| {
            let (before, rest) = line.split_at_checked(at)?;
            let (entry, after) = rest.split_at_checked(entry.len())?;
            Some((before, entry, after))
        });
        found.unwrap_or((line, "", ""))
    }
}

/// Returns true if `held` is the ban that fail2ban's database has as `ban`.
fn is_same(held: &ActiveBan, ban: &PastBan) -> bool {
    held.jail.as_str() == ban.jail
        && held.ban.banned == ban.banned
        // The database rounds to seconds, the ban list cuts.
        && held.ban.since.as_second().abs_diff(ban.since.as_second()) <= 1
}
