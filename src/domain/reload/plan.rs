//! The plan of a reload, made before it is carried out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::{Difference, differences, server_differences};
use super::kept::KeptIgnores;
use super::lost::lost;
use super::state::{Expected, ExpectedJail, LiveJail, LiveState, Refusal, Texts};
use crate::domain::ignore::NotInForce;
use crate::domain::jail::JailName;

/// The part of fail2ban that is to be brought to what the files say.
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

/// The effect of a plan on a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// It does not run, and will.
    Starts,
    /// It runs, and the files do not start it.
    Removed,
    /// It runs, and the files do not start it because none of its logs is there.
    Skipped,
    /// It is as its files say.
    Unchanged,
    /// It gets what its files say while it runs.
    Changed,
    /// It is ended and started.
    Restarts,
}

impl Effect {
    /// Returns true if it ends the jail's actions; they are started again if the jail starts any.
    #[must_use]
    pub(crate) fn ends_actions(self) -> bool {
        match self {
            Self::Starts | Self::Removed | Self::Skipped | Self::Restarts => true,
            Self::Unchanged | Self::Changed => false,
        }
    }
}

/// The plan for one jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailPlan {
    pub jail: JailName,
    /// The effect on it.
    pub(crate) effect: Effect,
    /// The differences that change in it.
    pub differences: Vec<Difference>,
    /// True if an action of it would not outlive a plain reload, which is therefore not done.
    pub(crate) cannot_reload: bool,
    /// The needs that it has now and will not have; without one of them it protects nothing.
    pub(crate) will_lack: Vec<Need>,
    /// True if another program reads its log, which takes a restart.
    pub(crate) other_backend: bool,
    /// True if it is idle, and will not be.
    pub(crate) wakes: bool,
    /// Kept entries of its ignore list that cannot be put back.
    pub(crate) not_in_force: Option<NotInForce>,
}

/// The needs of a jail: without one of them it protects nothing.
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
    /// True if the only reason is that none of its logs is there, and it does not run.
    pub(crate) is_without_log: bool,
}

/// Reason why bans do not outlive the end of their jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BansLost {
    /// fail2ban starts again with another database.
    OtherDatabase,
    /// It starts again without one.
    NoDatabaseThen,
    /// It has none.
    NoDatabaseNow,
}

/// The plan: all that is going to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The scope that was asked for.
    pub scope: Scope,
    /// The differences that change in the daemon's own settings.
    pub server: Vec<Difference>,
    /// The plans for the jails, those that run before the others.
    pub jails: Vec<JailPlan>,
    /// Reason why bans do not outlive the end of their jail; `None` where they do.
    pub(crate) bans_lost: Option<BansLost>,
    /// Number of bans in the jails that are restarted, once they were counted.
    pub(crate) bans: Option<u64>,
    /// Other jails that fail2ban would refuse. They are left as they are.
    pub broken: Vec<Broken>,
}

impl Plan {
    /// Makes the plan that brings `live` to `expected`. `earlier` are configurations that were read
    /// before: a value that one of them holds came from a file.
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
        let broken = left_out(scope, &expected.refusals, live);
        let bans_lost = bans_lost(live, &expected.server);
        Self { scope: scope.clone(), server, jails, bans_lost, bans: None, broken }
    }

    /// The jails that are ended and started.
    pub(crate) fn restarts(&self) -> impl Iterator<Item = &JailName> {
        let restarted = self.jails.iter().filter(|plan| plan.effect == Effect::Restarts);
        restarted.map(|plan| &plan.jail)
    }

    /// Returns the plan as bytes, to tell it from others. Bans come and go without making it
    /// another one.
    #[must_use]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!("{:?}", Self { bans: None, ..self.clone() }).into_bytes()
    }

    /// The jails that were asked for and are left as they are, since they are broken.
    #[must_use]
    pub(crate) fn left_out(&self) -> Vec<String> {
        let broken = self.broken.iter().filter(|_| self.scope == Scope::All);
        broken.map(|broken| broken.jail.clone()).collect()
    }

    /// Returns true if it takes something away that somebody may want to keep, so that it needs a
    /// confirmation.
    #[must_use]
    pub(crate) fn has_a_price(&self) -> bool {
        let restarts_anyway = matches!(self.scope, Scope::RestartJail(_) | Scope::Daemon);
        let takes = |jail: &JailPlan| jail.loses() || !jail.will_lack.is_empty();
        self.jails.iter().any(|jail| match jail.effect {
            Effect::Removed | Effect::Skipped => true,
            Effect::Restarts => !restarts_anyway || self.bans_lost.is_some() || takes(jail),
            Effect::Starts | Effect::Unchanged | Effect::Changed => takes(jail),
        }) || self.server.iter().any(|difference| !difference.lost.is_empty())
    }

    /// Notes which of the `kept` entries cannot be put back afterwards.
    pub(crate) fn note_kept(&mut self, kept: &KeptIgnores, live: &LiveState, expected: &Expected) {
        for plan in self.jails.iter_mut().filter(|plan| plan.effect != Effect::Removed) {
            plan.not_in_force = kept.not_in_force(&plan.jail, live, expected);
        }
    }

    /// Notes which jails are removed because none of their logs is there.
    pub(crate) fn note_without_log(&mut self, without_log: &[JailName]) {
        let removed = self.jails.iter_mut().filter(|plan| plan.effect == Effect::Removed);
        for plan in removed.filter(|plan| without_log.contains(&plan.jail)) {
            plan.effect = Effect::Skipped;
        }
    }

    /// Notes which jails are idle now: a reload wakes them (`fail2ban/server/server.py`, `startJail`).
    pub(crate) fn note_idle(&mut self, is_idle: impl Fn(&JailName) -> bool) {
        for plan in
            self.jails.iter_mut().filter(|plan| !matches!(plan.effect, Effect::Starts | Effect::Removed))
        {
            plan.wakes = is_idle(&plan.jail);
        }
    }
}

impl JailPlan {
    /// Returns true if it loses something that no file holds.
    #[must_use]
    pub(crate) fn loses(&self) -> bool {
        let is_kept_lost = self.not_in_force.is_some() && self.effect != Effect::Starts;
        self.wakes || is_kept_lost || self.differences.iter().any(|difference| !difference.lost.is_empty())
    }
}

fn plain(jail: &JailName, effect: Effect) -> JailPlan {
    JailPlan {
        jail: jail.clone(),
        effect,
        differences: Vec::new(),
        cannot_reload: false,
        will_lack: Vec::new(),
        other_backend: false,
        wakes: false,
        not_in_force: None,
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
    let plan = plain(&wanted.name, effect);
    JailPlan { differences: found, cannot_reload, will_lack, other_backend, ..plan }
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

fn bans_lost(live: &LiveState, expected: &BTreeMap<String, Texts>) -> Option<BansLost> {
    let now = live.server.get("dbfile").and_then(|file| file.as_ref().ok()).filter(|file| !file.is_empty());
    match (now, expected.get("dbfile")) {
        (None, _) => Some(BansLost::NoDatabaseNow),
        (Some(_), Some(then)) if then.is_empty() => Some(BansLost::NoDatabaseThen),
        (Some(now), Some(then)) if now != then => Some(BansLost::OtherDatabase),
        (Some(_), _) => None,
    }
}

fn left_out(scope: &Scope, refusals: &[Refusal], live: &LiveState) -> Vec<Broken> {
    let is_left_out = |refusal: &&Refusal| match scope {
        Scope::All => refusal.jail.is_some(),
        Scope::Jail(own) | Scope::RestartJail(own) => !refusal.concerns(own),
        Scope::Daemon => false,
    };
    let mut broken: BTreeMap<&str, Vec<&Refusal>> = BTreeMap::new();
    for refusal in refusals.iter().filter(is_left_out) {
        broken.entry(refusal.jail.as_deref().unwrap_or_default()).or_default().push(refusal);
    }
    let runs = |name: &str| live.jails.keys().any(|jail| jail.as_str() == name);
    let told = broken.into_iter().map(|(jail, refusals)| Broken {
        jail: jail.to_owned(),
        reasons: refusals.iter().map(|refusal| refusal.line()).collect(),
        is_without_log: refusals.iter().all(|refusal| refusal.is_without_log) && !runs(jail),
    });
    told.collect()
}
