//! Budgets of audit rows. Requests beyond a budget are counted in one row.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::domain::audit::Entry;
use crate::domain::clock::AHEAD_AT_MOST;
use crate::domain::one_person::one_person;

/// Seconds for which a budget lasts.
pub(crate) const WINDOW: i64 = 10 * 60;
/// The rows of one action of one account, whatever comes of it.
const OF_ACCOUNT: u32 = 100;
/// The same of what was done beyond that: it changed something, so it is told for longer.
const DONE_OF_ACCOUNT: u32 = 1_000;
/// The rows of one action without an account, from one address.
const OF_ADDRESS: u32 = 30;
/// The same from all addresses: an attacker may have many.
const OF_NOBODY: u32 = 1_000;
/// Those beyond a budget that have a line in the log.
const MOST_LOGGED: u32 = 1_000;
/// Budgets in memory beyond which those that are over are dropped.
const MANY: usize = 10_000;

/// Owner of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// An account's.
    Account(String),
    /// An account's for what was done.
    DoneBy(String),
    /// An address, or an IPv6 network of /64, where nobody is logged in.
    Address(Option<IpAddr>),
    /// All such addresses together.
    Nobody,
}

impl Who {
    fn most(&self) -> u32 {
        match self {
            Self::Account(_) => OF_ACCOUNT,
            Self::DoneBy(_) => DONE_OF_ACCOUNT,
            Self::Address(_) => OF_ADDRESS,
            Self::Nobody => OF_NOBODY,
        }
    }
}

/// A budget: whose, and for which action.
pub(crate) type Key = (Who, String);

#[derive(Debug)]
struct Window {
    ends: i64,
    used: u32,
    /// Number of those beyond the budget.
    counted: u32,
    /// The row that counts them.
    counting: Option<i64>,
}

impl Window {
    /// Returns true if it is not over. One that ends later than any that begins now is of a clock that was set back.
    fn lasts(&self, now: i64) -> bool {
        (1..=WINDOW + AHEAD_AT_MOST).contains(&(self.ends - now))
    }
}

/// Treatment of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has a row.
    Row,
    /// It is counted.
    Count {
        key: Key,
        /// The row that counts it, if there is one already.
        row: Option<i64>,
        /// True if it has a line in the log: no more than some have, or whoever sends many fills the disk by it.
        is_logged: bool,
    },
}

/// The row that counts what is beyond the budget of `key`, of which `entry` is the first.
pub(crate) fn counting_row(key: &Key, entry: &Entry) -> Entry {
    let address = if key.0 == Who::Nobody { None } else { entry.address };
    Entry { address, jail: None, target: String::new(), ..entry.clone() }
}

/// The budgets that are in use.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    windows: HashMap<Key, Window>,
}

impl Budgets {
    /// Takes a row for `entry` out of its budgets, all of them or none.
    pub(crate) fn take(&mut self, entry: &Entry, now: i64) -> Verdict {
        let whose = match &entry.account {
            Some(account) => vec![Who::Account(account.clone())],
            // That of all comes first: without it an address gets no budget of its own, which takes memory.
            None => vec![Who::Nobody, Who::Address(entry.address.map(one_person))],
        };
        self.take_all(whose, &entry.action, now)
    }

    /// Takes a row for what `account` did out of the budget for that.
    pub(crate) fn take_done(&mut self, account: &str, action: &str, now: i64) -> bool {
        self.take_all(vec![Who::DoneBy(account.to_owned())], action, now) == Verdict::Row
    }

    /// Remembers the row that counts what is beyond a budget.
    pub(crate) fn count_in(&mut self, key: &Key, row: i64) {
        if let Some(window) = self.windows.get_mut(key) {
            window.counting = Some(row);
        }
    }

    fn take_all(&mut self, whose: Vec<Who>, action: &str, now: i64) -> Verdict {
        if self.windows.len() >= MANY {
            self.windows.retain(|_, window| window.lasts(now));
        }
        let keys: Vec<Key> = whose.into_iter().map(|who| (who, action.to_owned())).collect();
        for key in &keys {
            match self.windows.get_mut(key) {
                Some(window) if window.lasts(now) && window.used >= key.0.most() => {
                    window.counted += 1;
                    let is_logged = window.counted <= MOST_LOGGED;
                    return Verdict::Count { key: key.clone(), row: window.counting, is_logged };
                }
                _ => {}
            }
        }
        for key in keys {
            let fresh = || Window { ends: now + WINDOW, used: 0, counted: 0, counting: None };
            let window = self.windows.entry(key).or_insert_with(fresh);
            if !window.lasts(now) {
                *window = fresh();
            }
            window.used += 1;
        }
        Verdict::Row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(account: Option<&str>, address: [u8; 4], action: &str) -> Entry {
        Entry {
            account: account.map(str::to_owned),
            address: Some(address.into()),
            action: action.to_owned(),
            jail: None,
            target: String::new(),
        }
    }

    fn rows(budgets: &mut Budgets, entry: &Entry, times: u32, now: i64) -> usize {
        (0..times).filter(|_| budgets.take(entry, now) == Verdict::Row).count()
    }

    #[test]
    fn each_action_of_each_account_has_a_budget_that_comes_back() {
        let mut budgets = Budgets::default();
        let ban = entry(Some("ann"), [192, 0, 2, 1], "ban");
        assert_eq!(rows(&mut budgets, &ban, 150, 0), 100);
        for other in [entry(Some("ann"), [192, 0, 2, 1], "unban"), entry(Some("bob"), [192, 0, 2, 1], "ban")]
        {
            assert_eq!(rows(&mut budgets, &other, 1, 0), 1);
        }
        let key = (Who::Account("ann".to_owned()), "ban".to_owned());
        let counted = |key: &Key, row| Verdict::Count { key: key.clone(), row, is_logged: true };
        assert_eq!(budgets.take(&ban, WINDOW - 1), counted(&key, None));
        budgets.count_in(&key, 7);
        assert_eq!(budgets.take(&ban, WINDOW - 1), counted(&key, Some(7)));
        assert_eq!(budgets.take(&ban, WINDOW), Verdict::Row);
        assert!((0..1_000).all(|_| budgets.take_done("ann", "ban", 0)));
        assert!(!budgets.take_done("ann", "ban", 0));
    }

    #[test]
    fn of_a_flood_some_have_a_line_in_the_log() {
        let mut budgets = Budgets::default();
        let ban = entry(Some("ann"), [192, 0, 2, 1], "ban");
        let lines =
            (0..5_000).filter(|_| matches!(budgets.take(&ban, 0), Verdict::Count { is_logged: true, .. }));
        assert_eq!(lines.count(), 1_000);
        assert_eq!(rows(&mut budgets, &ban, 150, -86_400), 100, "the clock was set back");
    }

    #[test]
    fn many_addresses_have_a_budget_together_and_fill_no_memory() {
        let mut budgets = Budgets::default();
        let login = |number: u32| entry(None, number.to_be_bytes(), "log in");
        assert_eq!(rows(&mut budgets, &login(0), 50, 0), 30);
        let written: usize = (1..5_000).map(|number| rows(&mut budgets, &login(number), 1, 0)).sum();
        assert_eq!(written, 970);
        assert_eq!(budgets.windows.len(), 972);
        // Another action is not concerned.
        assert_eq!(rows(&mut budgets, &entry(None, [192, 0, 2, 1], "second factor"), 1, 0), 1);
    }
}
