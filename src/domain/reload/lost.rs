//! Values that hold now and are in no file: a reload loses them.

use super::compare::{Change, Difference, differences};
use super::state::{Expected, ExpectedJail, LiveJail};

/// One value that holds now.
pub(crate) struct Held<'a> {
    difference: &'a Difference,
    value: &'a str,
}

impl Held<'_> {
    pub(crate) fn is_in_server(&self, expected: &Expected) -> bool {
        expected
            .server
            .get(&self.difference.setting)
            .is_some_and(|texts| texts.iter().any(|t| t == self.value))
    }

    pub(crate) fn is_in_jail(&self, now: &LiveJail, expected: &ExpectedJail) -> bool {
        let setting = self.difference.setting.as_str();
        match (&self.difference.action, &self.difference.change) {
            (None, Change::Values { .. }) if setting == "actions" => {
                expected.actions.iter().any(|action| action.name == self.value)
            }
            // The value of "auto" depends on the process that reads it, so no trial has it.
            (None, Change::Values { .. }) => match expected.settings.get(setting) {
                Some(texts) => texts.iter().any(|text| text == self.value),
                None => setting == "logencoding",
            },
            // Of a hidden value only whether it would be the same is known.
            _ => !differences(now, expected)
                .iter()
                .any(|found| found.setting == setting && found.action == self.difference.action),
        }
    }
}

/// Returns the values of `difference` that hold now and that no file is known to hold.
pub(crate) fn lost(difference: &Difference, is_in_a_file: impl Fn(&Held<'_>) -> bool) -> Vec<String> {
    let gone: Vec<String> = match &difference.change {
        Change::Values { gone, .. } => gone.clone(),
        Change::Hidden | Change::Order => vec!["…".to_owned()],
        Change::Unknown(_) => Vec::new(),
    };
    gone.into_iter().filter(|value| !is_in_a_file(&Held { difference, value })).collect()
}
