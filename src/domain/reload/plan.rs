//! What is going to happen, before it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::{Change, Difference, differences, server_differences};
use super::state::{Expected, ExpectedJail, LiveJail, LiveState, Refusal};
use crate::domain::jail::JailName;

/// What is to be brought to what the files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Every jail.
    All,
    /// One jail; it is started where it does not run.
    Jail(JailName),
    /// One jail, by ending and starting it.
    RestartJail(JailName),
    /// The daemon, by ending and starting it.
    Daemon,
}

/// What becomes of a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// It does not run, and will.
    Starts,
    /// It runs, and the files do not start it.
    Removed,
    /// It is as its files say.
    Unchanged,
    /// It gets what its files say while it runs.
    Changed,
    /// It is ended and started.
    Restarts,
}

/// What becomes of one jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailPlan {
    pub jail: JailName,
    /// What becomes of it.
    pub(crate) effect: Effect,
    /// What changes in it.
    pub differences: Vec<Difference>,
    /// Whether an action of it would not outlive a plain reload, which is therefore not done.
    pub(crate) cannot_reload: bool,
    /// What it has now, will not have, and protects nothing without.
    pub(crate) will_lack: Vec<Need>,
}

/// What a jail protects nothing without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Need {
    /// An expression that finds failures.
    Failregex,
    /// A log to read.
    Log,
    /// An action that bans.
    Action,
}

/// A jail that fail2ban would refuse, and why, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    pub jail: String,
    pub(crate) reasons: Vec<String>,
}

/// What is going to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked for.
    pub scope: Scope,
    /// What changes in the daemon's own settings.
    pub server: Vec<Difference>,
    /// What becomes of the jails, those that run before the others.
    pub jails: Vec<JailPlan>,
    /// Whether bans outlive the end of their jail: fail2ban has a database, and keeps it.
    pub(crate) keeps_bans: bool,
    /// Jails that fail2ban would refuse. They are left as they are.
    pub broken: Vec<Broken>,
}

impl Plan {
    /// What bringing `live` to `expected` means. `earlier` are configurations that were read before:
    /// what one of them holds came from a file.
    #[must_use]
    pub fn new(scope: &Scope, live: &LiveState, expected: &Expected, earlier: &[&Expected]) -> Self {
        let concerns = |jail: &JailName| match scope {
            // A broken jail is left as it is.
            Scope::All => !expected.refuses(jail),
            Scope::Daemon => true,
            Scope::Jail(own) | Scope::RestartJail(own) => own == jail,
        };
        let mut jails: Vec<JailPlan> = Vec::new();
        for (jail, now) in live.jails.iter().filter(|(jail, _)| concerns(jail)) {
            jails.push(match expected.jail(jail) {
                Some(wanted) => running(scope, now, wanted, earlier),
                None => plain(jail, Effect::Removed),
            });
        }
        let new = expected.jails.iter().filter(|wanted| !live.jails.contains_key(&wanted.name));
        jails.extend(
            new.filter(|wanted| concerns(&wanted.name)).map(|wanted| plain(&wanted.name, Effect::Starts)),
        );
        let mut server = server_differences(live, &expected.server);
        for difference in &mut server {
            difference.lost =
                lost(difference, |held| earlier.iter().any(|expected| held.is_in_server(expected)));
        }
        let database = live.server.get("dbfile").and_then(|file| file.as_ref().ok());
        let keeps_bans = database.is_some_and(|file| !file.is_empty())
            && !server.iter().any(|difference| difference.setting == "dbfile");
        let broken = left_out(scope, &expected.refusals);
        Self { scope: scope.clone(), server, jails, keeps_bans, broken }
    }

    /// The jails that were asked for and are left as they are, since they are broken.
    #[must_use]
    pub(crate) fn left_out(&self) -> Vec<String> {
        let broken = self.broken.iter().filter(|_| self.scope == Scope::All);
        broken.map(|broken| broken.jail.clone()).collect()
    }

    /// Whether it takes something away that somebody may want to keep, so that it is asked for first.
    #[must_use]
    pub(crate) fn has_a_price(&self) -> bool {
        let restarts_anyway = matches!(self.scope, Scope::RestartJail(_) | Scope::Daemon);
        let takes = |jail: &JailPlan| jail.loses() || !jail.will_lack.is_empty();
        self.jails.iter().any(|jail| match jail.effect {
            Effect::Removed => true,
            Effect::Restarts => !restarts_anyway || !self.keeps_bans || takes(jail),
            Effect::Starts | Effect::Unchanged | Effect::Changed => takes(jail),
        }) || self.server.iter().any(|difference| !difference.lost.is_empty())
    }

    /// Leaves out entries of ignore lists that are put back afterwards.
    pub(crate) fn put_back_later(&mut self, is_kept: impl Fn(&JailName, &str) -> bool) {
        for plan in &mut self.jails {
            for difference in plan.differences.iter_mut().filter(|found| found.setting == "ignoreip") {
                difference.lost.retain(|entry| !is_kept(&plan.jail, entry));
                if let Change::Values { gone, .. } = &mut difference.change {
                    gone.retain(|entry| !is_kept(&plan.jail, entry));
                }
            }
            plan.differences.retain(|found| !is_nothing(found));
        }
    }
}

impl JailPlan {
    /// Whether it loses what no file holds.
    #[must_use]
    pub(crate) fn loses(&self) -> bool {
        self.differences.iter().any(|difference| !difference.lost.is_empty())
    }
}

fn is_nothing(difference: &Difference) -> bool {
    matches!(&difference.change, Change::Values { gone, new } if gone.is_empty() && new.is_empty())
}

fn plain(jail: &JailName, effect: Effect) -> JailPlan {
    JailPlan {
        jail: jail.clone(),
        effect,
        differences: Vec::new(),
        cannot_reload: false,
        will_lack: Vec::new(),
    }
}

fn running(scope: &Scope, now: &LiveJail, wanted: &ExpectedJail, earlier: &[&Expected]) -> JailPlan {
    let mut found = differences(now, wanted);
    for difference in &mut found {
        let before = || earlier.iter().filter_map(|expected| expected.jail(&wanted.name));
        difference.lost = lost(difference, |held| before().any(|jail| held.is_in_jail(now, jail)));
    }
    let before = earlier.first().and_then(|expected| expected.jail(&wanted.name));
    let other_backend = before.is_some_and(|before| before.backend != wanted.backend);
    let cannot_reload = wanted.actions.iter().any(|action| !action.survives);
    let needs_restart = found.iter().any(|difference| difference.needs_restart) || other_backend;
    let effect = match scope {
        Scope::RestartJail(_) | Scope::Daemon => Effect::Restarts,
        Scope::All | Scope::Jail(_) if needs_restart || (cannot_reload && !found.is_empty()) => {
            Effect::Restarts
        }
        Scope::All | Scope::Jail(_) if found.is_empty() => Effect::Unchanged,
        Scope::All | Scope::Jail(_) => Effect::Changed,
    };
    let will_lack = will_lack(now, wanted);
    JailPlan { jail: wanted.name.clone(), effect, differences: found, cannot_reload, will_lack }
}

fn will_lack(now: &LiveJail, wanted: &ExpectedJail) -> Vec<Need> {
    let goes = |setting: &str| {
        let has = now.settings.get(setting).and_then(|texts| texts.as_ref().ok());
        has.is_some_and(|texts| !texts.is_empty()) && wanted.settings.get(setting).is_none_or(Vec::is_empty)
    };
    let acts = now.actions.as_ref().is_ok_and(|actions| !actions.is_empty());
    let needs = [
        (Need::Failregex, goes("failregex")),
        (Need::Log, goes("logpath") && !wanted.backend.starts_with("systemd")),
        (Need::Action, acts && wanted.actions.is_empty()),
    ];
    needs.into_iter().filter_map(|(need, goes)| goes.then_some(need)).collect()
}

/// One value that holds now.
struct Held<'a> {
    difference: &'a Difference,
    value: &'a str,
}

impl Held<'_> {
    fn is_in_server(&self, expected: &Expected) -> bool {
        expected
            .server
            .get(&self.difference.setting)
            .is_some_and(|texts| texts.iter().any(|t| t == self.value))
    }

    fn is_in_jail(&self, now: &LiveJail, expected: &ExpectedJail) -> bool {
        let setting = self.difference.setting.as_str();
        match (&self.difference.action, &self.difference.change) {
            (None, Change::Values { .. }) if setting == "actions" => {
                expected.actions.iter().any(|action| action.name == self.value)
            }
            (None, Change::Values { .. }) => expected
                .settings
                .get(setting)
                .is_some_and(|texts| texts.iter().any(|text| text == self.value)),
            // Of a hidden value only whether it would be the same is known.
            _ => !differences(now, expected)
                .iter()
                .any(|found| found.setting == setting && found.action == self.difference.action),
        }
    }
}

/// The values of `difference` that hold now and that no file is known to hold.
fn lost(difference: &Difference, is_in_a_file: impl Fn(&Held<'_>) -> bool) -> Vec<String> {
    let gone: Vec<String> = match &difference.change {
        Change::Values { gone, .. } => gone.clone(),
        Change::Hidden | Change::Order => vec!["…".to_owned()],
        Change::Unknown(_) => Vec::new(),
    };
    gone.into_iter().filter(|value| !is_in_a_file(&Held { difference, value })).collect()
}

fn left_out(scope: &Scope, refusals: &[Refusal]) -> Vec<Broken> {
    let is_left_out = |refusal: &&Refusal| match scope {
        Scope::All => refusal.jail.is_some(),
        Scope::Jail(own) | Scope::RestartJail(own) => !refusal.concerns(own),
        Scope::Daemon => false,
    };
    let mut broken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for refusal in refusals.iter().filter(is_left_out) {
        broken.entry(refusal.jail.as_deref().unwrap_or_default()).or_default().push(refusal.line());
    }
    broken.into_iter().map(|(jail, reasons)| Broken { jail: jail.to_owned(), reasons }).collect()
}
