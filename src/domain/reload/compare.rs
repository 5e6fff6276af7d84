//! The differences between what runs and what a configuration asks for, and the restarts that they
//! need.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::state::{ExpectedAction, ExpectedJail, LiveAction, LiveJail, LiveState, Texts};
use crate::domain::jail::{Reading, Unread};

/// Settings that a reload clears before it sets anything (`fail2ban/server/filter.py`,
/// `clearAllParams` and `reload`).
const CLEARED: [&str; 5] = ["failregex", "ignoreregex", "ignoreip", "logpath", "journalmatch"];
/// Settings whose values have no order.
const UNORDERED: [&str; 3] = ["ignoreip", "logpath", "journalmatch"];
/// Settings in which somebody may have written a password.
const HIDDEN: [&str; 1] = ["ignorecommand"];

/// Returns `texts` of `setting` in the form in which they are compared: sorted, where they have no
/// order.
#[must_use]
pub(crate) fn comparable(setting: &str, mut texts: Texts) -> Texts {
    if UNORDERED.contains(&setting) {
        texts.sort();
    }
    // The pattern, where there is one, and its name (`fail2ban/server/filter.py`,
    // `getDatePattern`).
    if setting == "datepattern" {
        texts.retain(|text| !text.is_empty());
        texts.truncate(1);
    }
    texts
}

/// One setting that is not as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The setting, in fail2ban's word.
    pub setting: String,
    /// The action whose option it is, if it is one.
    pub action: Option<String>,
    pub change: Change,
    /// True if only a restart of the jail brings it.
    pub(crate) needs_restart: bool,
    /// Values that hold now and that no file is known to hold; a hidden one as `…`.
    pub(crate) lost: Vec<String>,
}

/// The kind of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// These values.
    Values {
        /// Values that hold now and not afterwards.
        gone: Texts,
        /// Values that hold afterwards and not now.
        new: Texts,
    },
    /// The same values in another order.
    Order,
    /// Its values may be secret.
    Hidden,
    /// The present values could not be read.
    Unknown(Unread),
}

impl Difference {
    fn new(setting: &str, change: Change, needs_restart: bool) -> Self {
        Self { setting: setting.to_owned(), action: None, change, needs_restart, lost: Vec::new() }
    }

    /// Returns the values that hold now and not afterwards.
    #[must_use]
    pub fn gone(&self) -> &[String] {
        match &self.change {
            Change::Values { gone, .. } => gone,
            Change::Order | Change::Hidden | Change::Unknown(_) => &[],
        }
    }

    /// Returns the values that hold afterwards and not now.
    #[must_use]
    pub(crate) fn new_values(&self) -> &[String] {
        match &self.change {
            Change::Values { new, .. } => new,
            Change::Order | Change::Hidden | Change::Unknown(_) => &[],
        }
    }
}

/// Returns the differences between `live` and `expected`.
#[must_use]
pub fn differences(live: &LiveJail, expected: &ExpectedJail) -> Vec<Difference> {
    let mut found = Vec::new();
    for (setting, wanted) in &expected.settings {
        // A setting that was not asked for is no setting that is known.
        let Some(change) = live.settings.get(setting).and_then(|now| change(setting, now, wanted)) else {
            continue;
        };
        let is_set = CLEARED.contains(&setting.as_str()) || expected.assigned.contains(setting);
        let is_known = !matches!(change, Change::Unknown(_));
        found.push(Difference::new(setting, change, is_known && !is_set));
    }
    match &live.actions {
        Ok(actions) => found.extend(of_actions(actions, &expected.actions)),
        Err(unread) => found.push(Difference::new("actions", Change::Unknown(unread.clone()), false)),
    }
    found
}

/// Returns the differences of the daemon's own settings.
#[must_use]
pub(crate) fn server_differences(live: &LiveState, expected: &BTreeMap<String, Texts>) -> Vec<Difference> {
    let changed = expected.iter().filter_map(|(setting, wanted)| {
        let change = change(setting, live.server.get(setting)?, wanted)?;
        Some(Difference::new(setting, change, false))
    });
    changed.collect()
}

fn change(setting: &str, now: &Reading<Texts>, wanted: &Texts) -> Option<Change> {
    let now = match now {
        Ok(now) => now,
        Err(unread) => return Some(Change::Unknown(unread.clone())),
    };
    if now == wanted {
        return None;
    }
    let without = |from: &Texts, of: &Texts| -> Texts {
        of.iter().filter(|value| !from.contains(value)).cloned().collect()
    };
    let (gone, new) = (without(wanted, now), without(now, wanted));
    if !gone.is_empty() || !new.is_empty() {
        return Some(if HIDDEN.contains(&setting) { Change::Hidden } else { Change::Values { gone, new } });
    }
    (!UNORDERED.contains(&setting)).then_some(Change::Order)
}

fn of_actions(live: &[LiveAction], expected: &[ExpectedAction]) -> Vec<Difference> {
    let now: Texts = live.iter().map(|action| action.name.clone()).collect();
    let wanted: Texts = expected.iter().map(|action| action.name.clone()).collect();
    // A reload removes actions for good, but adds none, and keeps their order
    // (`fail2ban/server/actions.py`, `reload`).
    let is_left = now.iter().filter(|name| wanted.contains(name)).eq(&wanted);
    let names = change("actions", &Ok(now), &wanted);
    let names = names.map(|change| Difference::new("actions", change, !is_left));
    let pairs =
        expected.iter().filter_map(|wanted| Some((live.iter().find(|now| now.name == wanted.name)?, wanted)));
    names.into_iter().chain(pairs.flat_map(|(now, wanted)| of_action(now, wanted))).collect()
}

fn of_action(live: &LiveAction, expected: &ExpectedAction) -> Vec<Difference> {
    let Some(properties) = &live.properties else { return Vec::new() };
    let at_start = if is_empty(expected, "actionreload") { start(expected) } else { BTreeSet::new() };
    let difference = |property: &str, change: Change| {
        let is_known = !matches!(change, Change::Unknown(_));
        let is_set = expected.assigned.contains(property) && !at_start.contains(base(property));
        let change = if is_known { Change::Hidden } else { change };
        let action = Some(expected.name.clone());
        Difference { action, ..Difference::new(property, change, is_known && !is_set) }
    };
    let changed = expected.properties.iter().filter_map(|(property, wanted)| {
        let change = match properties.get(property) {
            Some(now) => change(property, now, wanted)?,
            None => Change::Hidden,
        };
        Some(difference(property, change))
    });
    let extra = properties.keys();
    let extra = extra.filter(|name| !expected.properties.contains_key(*name));
    let extra = extra.filter(|name| !expected.computed.contains(*name));
    changed.chain(extra.map(|property| difference(property, Change::Hidden))).collect()
}

fn is_empty(action: &ExpectedAction, property: &str) -> bool {
    action.properties.get(property).is_none_or(|texts| texts.iter().all(|text| text.trim().is_empty()))
}

/// The name of an option without the condition that it is under, as in `blocktype?family=inet6`.
fn base(property: &str) -> &str {
    property.split('?').next().unwrap_or(property)
}

/// Returns the options that an action's start and end depend on: a reload runs neither, so a change
/// of them would not reach the firewall.
fn start(action: &ExpectedAction) -> BTreeSet<&str> {
    let mut found: BTreeSet<&str> = ["actionstart", "actionstop"].into();
    loop {
        let inside = |name: &str| found.contains(base(name));
        let texts = action.properties.iter().filter(|(name, _)| inside(name)).flat_map(|(_, texts)| texts);
        let texts: Vec<&String> = texts.collect();
        let named = |name: &str| texts.iter().any(|text| text.contains(&format!("<{name}>")));
        let more: Vec<&str> = action
            .properties
            .keys()
            .map(|name| base(name))
            .filter(|name| !found.contains(name) && named(name))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}
