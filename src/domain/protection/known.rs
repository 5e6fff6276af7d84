//! What is known of the jails from look to look, so that each change for the worse is told once.

use std::collections::BTreeMap;

use super::{JailProtection, Level, Reason};
use crate::domain::jail::JailName;

/// A jail that protects less than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Worse {
    pub(crate) jail: JailName,
    pub(crate) level: Level,
    /// The worst of what speaks against it.
    pub(crate) reason: Reason,
}

/// The last verdict on each jail. A look that fails changes nothing.
#[derive(Debug, Default)]
pub(crate) struct KnownLevels(BTreeMap<JailName, Known>);

#[derive(Debug)]
struct Known {
    level: Level,
    /// What could not be looked at then.
    blind: Vec<Reason>,
}

impl KnownLevels {
    /// Takes the verdicts of a look. Returns the jails that protect less than before, or badly at the first look.
    pub(crate) fn learn(&mut self, jails: &[JailProtection]) -> Vec<Worse> {
        let mut before = std::mem::take(&mut self.0);
        let mut worse = Vec::new();
        for jail in jails {
            let (level, known) = (jail.level(), before.remove(&jail.jail));
            let gravest = jail.reasons.iter().max_by_key(|reason| reason.level());
            let is_worse = level >= Level::LookAt && known.as_ref().is_none_or(|known| known.level < level);
            if let Some(reason) = gravest.filter(|_| is_worse) {
                worse.push(Worse { jail: jail.jail.clone(), level, reason: reason.clone() });
            }
            self.0.insert(jail.jail.clone(), Known::after(known, jail));
        }
        worse
    }
}

impl Known {
    /// What could be looked at before and cannot be now may be as bad as it was.
    fn after(known: Option<Self>, jail: &JailProtection) -> Self {
        let is_blind = |reason: &&Reason| reason.level() == Level::Unknown;
        let blind: Vec<Reason> = jail.reasons.iter().filter(is_blind).cloned().collect();
        let now = Self { level: jail.level(), blind };
        match known {
            Some(known) if !now.blind.iter().all(|reason| known.blind.contains(reason)) => {
                Self { level: known.level.max(now.level), ..known }
            }
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter_trial::Untried;
    use crate::domain::lack::Lack;
    use crate::domain::protection::NotLooked;

    #[test]
    fn a_change_for_the_worse_is_told_once_also_across_what_could_not_be_looked_at()
    -> Result<(), Box<dyn std::error::Error>> {
        let (odd, unknown) = (Reason::OnlyReports, Reason::FilterNotTried(Untried::TooSlow));
        let bad = Reason::Lacks(Lack::Action);
        let mut known = KnownLevels::default();
        for (reasons, is_told) in [
            (vec![], false),
            (vec![odd.clone()], true),
            (vec![odd.clone()], false),
            (vec![bad.clone(), odd.clone()], true),
            (vec![unknown.clone()], false),
            (vec![odd.clone(), unknown.clone()], false),
            (vec![bad.clone()], false),
            (vec![unknown], false),
            (vec![odd], false),
            (vec![bad.clone()], true),
            (vec![], false),
            (vec![bad.clone()], true),
        ] {
            let jail = JailProtection { reasons, ..JailProtection::new("sshd".parse()?) };
            let worse = known.learn(std::slice::from_ref(&jail));
            assert_eq!(!worse.is_empty(), is_told, "{:?}", jail.reasons);
            assert!(worse.iter().all(|worse| worse.reason.level() == jail.level()));
        }
        // What can never be looked at hides no change.
        let blind = Reason::NotLooked { action: "own".to_owned(), why: NotLooked::UnknownAction };
        let mut known = KnownLevels::default();
        for (more, is_told) in [(None, false), (Some(&bad), true), (None, false), (Some(&bad), true)] {
            let reasons = [&blind].into_iter().chain(more).cloned().collect();
            let jail = JailProtection { reasons, ..JailProtection::new("sshd".parse()?) };
            assert_eq!(!known.learn(&[jail]).is_empty(), is_told, "{more:?}");
        }
        Ok(())
    }
}
