//! The differences that remain after a reload: compared with the files, and compared with what a
//! jail needs to protect anything.

use serde::{Deserialize, Serialize};

use super::compare::{Change, Difference, differences};
use super::plan::Scope;
use super::state::{Expected, ExpectedJail, LiveJail, LiveState};
use crate::domain::jail::JailName;

/// A jail that is not as its files say after the reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    pub jail: JailName,
    /// The differences that remain; empty where the jail does not run.
    pub differences: Vec<Difference>,
}

/// The shortcomings of the jails that run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PostCondition {
    /// The jails that are not as their files say.
    pub short: Vec<Shortfall>,
    /// The jails that protect nothing, whatever their files say: they have no failregex or no
    /// action. A jail is left out where that cannot be read.
    pub(crate) unprotected: Vec<JailName>,
}

impl PostCondition {
    /// Finds the shortcomings of `live`, of which the jails of `scope` should be as `expected`
    /// says.
    #[must_use]
    pub(crate) fn of_state(scope: &Scope, live: &LiveState, expected: &Expected) -> Self {
        let is_unprotected = |jail: &LiveJail| {
            let fail_regex = jail.settings.get("failregex").and_then(|texts| texts.as_ref().ok());
            fail_regex.is_some_and(Vec::is_empty) || jail.actions.as_ref().is_ok_and(Vec::is_empty)
        };
        let unprotected = live.jails.iter().filter(|(_, jail)| is_unprotected(jail));
        let unprotected = unprotected.map(|(name, _)| name.clone()).collect();
        Self { short: Shortfall::all(scope, live, expected), unprotected }
    }
}

impl Shortfall {
    /// Returns the part of it that still holds, where `now` are the present shortfalls.
    #[must_use]
    pub(crate) fn still(&self, now: &[Self]) -> Option<Self> {
        let mut same = now.iter().find(|short| short.jail == self.jail)?.clone();
        let is_known = |found: &Difference| {
            self.differences.iter().any(|own| own.setting == found.setting && own.action == found.action)
        };
        let runs = !same.differences.is_empty();
        if runs && !self.differences.is_empty() {
            // A setting that somebody changed since is no shortfall.
            same.differences.retain(is_known);
            if same.differences.is_empty() {
                return None;
            }
        }
        Some(same)
    }

    /// The jails of `scope` that are not as `expected` says.
    #[must_use]
    pub fn all(scope: &Scope, live: &LiveState, expected: &Expected) -> Vec<Self> {
        let wanted = expected.jails.iter().filter(|wanted| match scope {
            Scope::All => !expected.refuses(&wanted.name),
            Scope::Daemon => true,
            Scope::Jail(own) | Scope::RestartJail(own) => *own == wanted.name,
        });
        let short = wanted.filter_map(|wanted| {
            let differences = match live.jails.get(&wanted.name) {
                Some(now) => missing(now, wanted),
                None => Vec::new(),
            };
            let is_short = !differences.is_empty() || !live.jails.contains_key(&wanted.name);
            is_short.then(|| Self { jail: wanted.name.clone(), differences })
        });
        short.collect()
    }
}

/// Returns the differences of a jail. An additional address on its ignore list was added by
/// somebody, and does no harm.
fn missing(now: &LiveJail, wanted: &ExpectedJail) -> Vec<Difference> {
    let mut found = differences(now, wanted);
    found.retain(|difference| {
        let is_more = difference.setting == "ignoreip" && difference.new_values().is_empty();
        !is_more || matches!(difference.change, Change::Unknown(_))
    });
    found
}
