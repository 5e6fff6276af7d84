//! The broker's record beside our audit: what stands in only one of them.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::super::audit::{Outcome, Record};
use super::super::timed_ban::{BANNED_AGAIN, ENDED, PROLONGED};
use super::{BrokerChange, ChangeEnd, Operation};

/// Largest difference between two readings of the clock, one after the other and in whole seconds.
const SLACK: SignedDuration = SignedDuration::from_secs(2);
/// The longest time after its row in which a change is asked for: the deadline of a change.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(90);
/// The same for work that goes on after its request.
const LATER: SignedDuration = SignedDuration::from_mins(30);
/// The same for bans that are prolonged again and again: they have one row a day.
const ALL_DAY: SignedDuration = SignedDuration::from_hours(25);

/// A change, with the row of the audit that explains it.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) change: BrokerChange,
    /// The number and the account of the row. `None` where there is none: BanGUI's web server did not write one.
    pub(crate) row: Option<Explained>,
}

/// The row that explains a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explained {
    pub(crate) account: Option<String>,
    pub(crate) action: String,
}

/// Both accounts side by side.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The changes, the newest first.
    pub(crate) changes: Vec<Matched>,
    /// Rows that say that something was done of which the broker knows nothing, the newest first.
    pub(crate) only_ours: Vec<Record>,
}

/// The actions of the audit from which an operation may come, and how long after them.
fn actions(operation: Operation) -> &'static [(&'static str, SignedDuration)] {
    match operation {
        Operation::Ban => {
            &[("ban", AT_ONCE), ("ban again", LATER), (PROLONGED, ALL_DAY), (BANNED_AGAIN, AT_ONCE)]
        }
        Operation::Unban => &[
            ("unban", AT_ONCE),
            ("quick unban", AT_ONCE),
            ("unban many", LATER),
            ("unban all", LATER),
            (ENDED, AT_ONCE),
        ],
        Operation::Ignore => &[("ignore", AT_ONCE), ("ignore everywhere", AT_ONCE), (PUT_BACK, AT_ONCE)],
        Operation::Unignore => &[
            ("remove ignore entry", AT_ONCE),
            ("remove ignore entry everywhere", AT_ONCE),
            (EXPIRED, AT_ONCE),
            (REMOVED_LATER, AT_ONCE),
        ],
        Operation::IgnoreSelf => &[("ignore self", AT_ONCE)],
        Operation::Idle => &[("idle jail", AT_ONCE)],
        Operation::Stop => &[("stop jail", AT_ONCE)],
        Operation::Load => &[
            ("reload jail", LATER),
            ("restart jail", LATER),
            ("start jail", LATER),
            ("reload all jails", LATER),
        ],
        Operation::Restart => &[("restart fail2ban", LATER), ("start fail2ban", LATER)],
        Operation::Setting => &[("change server settings", AT_ONCE)],
        Operation::FlushLogs => &[("flush logs", AT_ONCE)],
        Operation::Reveal => &[("reveal secrets", AT_ONCE)],
    }
}

/// The actions whose rows name in `target` what the change names.
const NAMED: [&str; 11] = [
    "ban",
    "unban",
    "quick unban",
    "ignore",
    "ignore everywhere",
    "remove ignore entry",
    "remove ignore entry everywhere",
    PUT_BACK,
    PROLONGED,
    BANNED_AGAIN,
    ENDED,
];
/// The action of a kept ignore entry that BanGUI puts back by itself.
pub(crate) const PUT_BACK: &str = "put back kept ignore entry";
/// The action of a kept ignore entry whose last day is over.
pub(crate) const EXPIRED: &str = "remove expired ignore entry";
/// The action of an entry for every jail that could not be taken off at once when somebody removed it.
pub(crate) const REMOVED_LATER: &str = "finish removing ignore entry";
/// The actions that always reach the broker when they are done.
const ALWAYS: [&str; 9] = [
    "ban",
    "ignore",
    "ignore self",
    "idle jail",
    "stop jail",
    "change server settings",
    "flush logs",
    "reveal secrets",
    "unban",
];

/// Compares `changes`, all of them since `since`, with the rows of the audit; both are the oldest first.
pub(crate) fn compare(changes: Vec<BrokerChange>, records: &[Record], since: Timestamp) -> Comparison {
    let mut is_explained = vec![false; records.len()];
    let mut matched: Vec<Matched> = changes
        .into_iter()
        .map(|change| {
            let mut row = None;
            for (record, explains) in records.iter().zip(&mut is_explained) {
                if explains_change(record, &change) {
                    // All that it may explain: one request bans in several jails.
                    *explains = true;
                    row = Some(record);
                }
            }
            let row = row.map(|row| Explained {
                account: row.entry.account.clone(),
                action: row.entry.action.clone(),
            });
            Matched { change, row }
        })
        .collect();
    matched.reverse();
    let only_ours = records.iter().zip(is_explained).rev().filter(|(record, explains)| {
        !explains
            && record.at >= since
            && record.end.outcome == Outcome::Done
            && ALWAYS.contains(&record.entry.action.as_str())
    });
    Comparison { changes: matched, only_ours: only_ours.map(|(record, _)| record.clone()).collect() }
}

fn explains_change(record: &Record, change: &BrokerChange) -> bool {
    let entry = &record.entry;
    let Some((action, later)) = actions(change.operation).iter().find(|(action, _)| *action == entry.action)
    else {
        return false;
    };
    // Of what BanGUI does by itself the row comes when it is done.
    let is_own = [PUT_BACK, EXPIRED, REMOVED_LATER, PROLONGED, BANNED_AGAIN, ENDED].contains(action);
    let slack = if is_own { AT_ONCE } else { SLACK };
    let after = change.at.duration_since(record.at);
    // What was refused is no reason for what was done all the same.
    let may_have_asked = !record.end.outcome.is_nothing_done() || change.end != ChangeEnd::Done;
    after >= -slack
        && after <= *later
        && may_have_asked
        && is_same_jail(entry.jail.as_deref(), change.jail.as_deref())
        && (!NAMED.contains(action) || names(&entry.target, change))
}

/// A row names several jails with commas between them, or none for all.
fn is_same_jail(row: Option<&str>, change: Option<&str>) -> bool {
    match (row, change) {
        (Some(row), Some(change)) => row == change || row.split(", ").any(|row| row == change),
        (None, _) | (_, None) => true,
    }
}

/// Returns true if the row names everything that the change names, as far as both are whole.
fn names(row: &str, change: &BrokerChange) -> bool {
    // A row that is cut ends with the number of those that are left out.
    let is_cut = row.contains('…') || row.contains(" more (");
    is_cut || change.targets.iter().all(|target| row.contains(target.as_str()) || covers(row, target))
}

/// An address may be named by another of its names, or by a network that holds it.
fn covers(row: &str, target: &str) -> bool {
    let address = target.split('/').next().unwrap_or(target);
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    row.split(", ").any(|word| {
        let network = word.parse::<IpNet>().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        network.is_some_and(|network| network.contains(&address))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::audit::{End, Entry};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    fn change(second: i64, operation: Operation, jail: &str, targets: &[&str]) -> BrokerChange {
        BrokerChange {
            number: 1,
            at: at(second),
            user: None,
            process: None,
            operation,
            jail: Some(jail.to_owned()),
            targets: targets.iter().map(ToString::to_string).collect(),
            more: 0,
            end: ChangeEnd::Done,
        }
    }

    fn row(second: i64, action: &str, jail: &str, target: &str, outcome: Outcome) -> Record {
        let entry = Entry {
            account: Some("ann".to_owned()),
            address: None,
            action: action.to_owned(),
            jail: (!jail.is_empty()).then(|| jail.to_owned()),
            target: target.to_owned(),
        };
        let end = End { outcome, status: None, words: String::new() };
        Record { id: second, at: at(second), entry, end, folded: 0 }
    }

    fn is_explained(change: BrokerChange, record: Record) -> bool {
        compare(vec![change], &[record], at(0)).changes.iter().all(|matched| matched.row.is_some())
    }

    #[test]
    fn a_change_is_explained_by_a_row_of_its_time_operation_jail_and_targets() {
        let ban = || change(1000, Operation::Ban, "sshd", &["203.0.113.5"]);
        let row = |second, action, jail, target| row(second, action, jail, target, Outcome::Done);
        assert!(is_explained(ban(), row(999, "ban", "sshd", "203.0.113.5")));
        assert!(is_explained(ban(), row(1001, "ban", "sshd", "198.51.100.1, 203.0.113.5")));
        for other in [
            row(1100, "ban", "sshd", "203.0.113.5"),
            row(900, "ban", "sshd", "203.0.113.5"),
            row(999, "unban", "sshd", "203.0.113.5"),
            row(999, "ban", "web", "203.0.113.5"),
            row(999, "ban", "sshd", "203.0.113.6"),
        ] {
            assert!(!is_explained(ban(), other.clone()), "{other:?}");
        }
    }

    #[test]
    fn one_row_a_day_explains_every_prolonging_of_its_ban() {
        let row = || row(1000, PROLONGED, "sshd", "203.0.113.5", Outcome::Done);
        let ban = |second, target: &str| change(second, Operation::Ban, "sshd", &[target]);
        assert!(is_explained(ban(86_000, "203.0.113.5"), row()));
        assert!(
            !is_explained(ban(93_000, "203.0.113.5"), row())
                && !is_explained(ban(5000, "203.0.113.6"), row())
        );
    }

    #[test]
    fn what_was_refused_explains_nothing_that_was_done() {
        let refused = row(999, "stop jail", "sshd", "", Outcome::Refused);
        assert!(!is_explained(change(1000, Operation::Stop, "sshd", &[]), refused));
    }

    #[test]
    fn a_quick_unban_explains_the_other_names_of_its_address_in_every_jail() {
        let quick = || row(999, "quick unban", "", "203.0.113.0/24", Outcome::Done);
        for (jail, target) in [("sshd", "203.0.113.0/24"), ("web", "203.0.113.5/33"), ("web", "203.0.113.5")]
        {
            assert!(is_explained(change(1000, Operation::Unban, jail, &[target]), quick()), "{target}");
        }
        assert!(!is_explained(change(1000, Operation::Unban, "sshd", &["198.51.100.1"]), quick()));
    }

    #[test]
    fn what_stands_in_only_one_of_them_is_told() {
        let changes = vec![
            change(1000, Operation::Ban, "sshd", &["203.0.113.5"]),
            change(1010, Operation::Unban, "sshd", &["203.0.113.66"]),
        ];
        let records = [
            row(500, "ban", "sshd", "192.0.2.1", Outcome::Done),
            row(999, "ban", "sshd", "203.0.113.5", Outcome::Done),
            row(1020, "stop jail", "sshd", "", Outcome::Done),
            row(1021, "stop jail", "sshd", "", Outcome::Failed),
        ];
        let compared = compare(changes, &records, at(900));
        let only_theirs: Vec<_> = compared
            .changes
            .iter()
            .filter(|matched| matched.row.is_none())
            .map(|it| it.change.operation)
            .collect();
        assert_eq!(only_theirs, [Operation::Unban]);
        let only_ours: Vec<_> =
            compared.only_ours.iter().map(|record| record.entry.action.as_str()).collect();
        assert_eq!(only_ours, ["stop jail"], "what is older than the record is no difference");
    }
}
