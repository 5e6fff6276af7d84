//! A plan in words: of what is to come, and of what was done.

use crate::domain::jail::JailName;
use crate::domain::reload::{
    BansLost, Broken, Change, Difference, Effect, JailPlan, Need, Plan, Scope, Shortfall,
};
use crate::domain::text::printable;
use crate::jail_service::{BanCounts, Job};
use crate::web::extract::ban_query::jail_path;

use super::format;
use super::messages::{job, not_in_force};
use super::setting_change::{lost, words_of};

/// Effect on one jail, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailLine {
    /// The jail.
    pub jail: String,
    /// Its page.
    pub path: String,
    /// The effect, as the rest of a sentence that begins with the jail's name.
    pub(crate) effect: String,
    /// Reason why it costs something.
    pub why: Option<String>,
    /// Changes, a line each.
    pub changes: Vec<String>,
    /// Settings that are in no file and are lost, a line each.
    pub(crate) lost: Vec<String>,
}

/// A plan in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanWords {
    /// The jails of which something becomes.
    pub jails: Vec<JailLine>,
    /// Jails that stay as they are, in a sentence; empty for none.
    pub unchanged: String,
    /// Bans that are lost, in a sentence; empty for none.
    pub(crate) bans_lost: String,
    /// Changes in the daemon's own settings.
    pub server: Vec<String>,
    /// Settings of the daemon that no file holds and that are lost.
    pub(crate) server_lost: Vec<String>,
    /// Jails that fail2ban would refuse, and why.
    pub broken: Vec<(String, Vec<String>)>,
    /// The jails that do not run as none of their logs is there.
    pub(crate) without_log: Vec<String>,
    /// True if it has a price.
    pub(crate) has_a_price: bool,
    /// True if all this is done.
    pub(crate) is_done: bool,
}

impl PlanWords {
    /// Describes a plan that is still to be carried out.
    pub(crate) fn planned(plan: &Plan) -> Self {
        let bans_lost = plan.bans_lost.as_ref().filter(|_| plan.bans != Some(0));
        let bans_lost = bans_lost.filter(|_| plan.restarts().next().is_some());
        let bans_lost = bans_lost.map(|why| {
            let bans = plan.bans.map_or("All bans".to_owned(), |number| format::bans(number, None));
            format!("{bans} would be lost: {}.", why_lost(*why))
        });
        Self { bans_lost: bans_lost.unwrap_or_default(), ..Self::describe(plan, false) }
    }

    /// Describes a plan that was carried out.
    pub(crate) fn done(plan: &Plan) -> Self {
        Self { unchanged: String::new(), ..Self::describe(plan, true) }
    }

    fn describe(plan: &Plan, is_done: bool) -> Self {
        let is_told =
            |jail: &&JailPlan| (jail.effect != Effect::Unchanged || jail.loses()) && !is_nothing(plan, jail);
        let untold = plan.jails.iter().filter(|jail| !is_told(jail)).count();
        let (without_log, broken): (Vec<&Broken>, Vec<&Broken>) =
            plan.broken.iter().partition(|broken| broken.is_without_log);
        Self {
            jails: plan.jails.iter().filter(is_told).map(|jail| line(plan, jail, is_done)).collect(),
            unchanged: unchanged(&plan.scope, untold),
            bans_lost: String::new(),
            server: plan.server.iter().map(words_of).collect(),
            server_lost: plan.server.iter().filter_map(lost).collect(),
            broken: broken
                .iter()
                .map(|broken| (printable(&broken.jail), all_shown(&broken.reasons)))
                .collect(),
            without_log: without_log.iter().map(|broken| printable(&broken.jail)).collect(),
            has_a_price: plan.has_a_price(),
            is_done,
        }
    }

    /// Returns true if nothing changes at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.jails.is_empty()
            && self.server.is_empty()
            && self.broken.is_empty()
            && self.without_log.is_empty()
    }
}

fn unchanged(scope: &Scope, untold: usize) -> String {
    match (untold, scope) {
        (0, _) => String::new(),
        (1, Scope::Jail(jail)) => format!("{} already matches its configuration.", printable(jail.as_str())),
        (_, Scope::Daemon) => {
            "Every jail is stopped and started with its current files. Nothing is watched for a few seconds."
                .to_owned()
        }
        (1, _) => "1 jail already matches its configuration.".to_owned(),
        (number, _) => format!("{number} jails already match their configuration."),
    }
}

/// Describes how a jail falls short of its files, in a sentence.
pub(crate) fn missing(short: &Shortfall) -> String {
    if short.differences.is_empty() {
        return "It is not running.".to_owned();
    }
    let settings: Vec<String> = short.differences.iter().map(words_of).collect();
    format!("Differs from its configuration: {}.", settings.join("; "))
}

/// Describes what happened to the bans when that was `done`, in a sentence or two; empty where the
/// plan says it.
pub(crate) fn bans_after(done: &Job, plan: Option<&Plan>, counts: Option<&BanCounts>) -> String {
    if let Some(counts) = counts.filter(|counts| !counts.is_settled) {
        return job::restored_so_far(counts);
    }
    let ends_a_jail = plan.is_some_and(|plan| plan.jails.iter().any(|jail| jail.effect.ends_actions()));
    let are_kept = plan.is_some_and(|plan| plan.bans_lost.is_none());
    let said = match done {
        Job::ReloadJail(_) | Job::ReloadAll if !ends_a_jail => "Bans were kept.",
        Job::StartJail(_) | Job::Start => {
            "fail2ban restores the bans that it kept and that have not expired."
        }
        Job::Restart if are_kept => "Bans were lifted and restored.",
        Job::Restart | Job::RestartJail(_) | Job::ReloadJail(_) | Job::ReloadAll => "",
    };
    let counted = counts.filter(|counts| (counts.before, counts.now) != (0, 0)).map(|counts| {
        let (before, now) = (format::bans(counts.before, None), format::number(counts.now));
        format!("{before} before, {now} afterwards.")
    });
    let counted = counted.as_deref().unwrap_or_default();
    [said, counted].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Lists the jails that do not run any more, and why, where the plan gives a reason; a sentence for
/// each reason.
pub(crate) fn gone(gone: &[JailName], plan: Option<&Plan>) -> Vec<String> {
    let reason = |jail: &JailName| {
        let plan = plan.and_then(|plan| plan.jails.iter().find(|plan| plan.jail == *jail));
        let effect = plan.map(|plan| plan.effect);
        effect.filter(|effect| matches!(effect, Effect::Removed | Effect::Skipped))
    };
    let sentence = |why: Option<Effect>| {
        let jails: Vec<String> =
            gone.iter().filter(|jail| reason(jail) == why).map(|jail| printable(jail.as_str())).collect();
        let because = match (why, jails.len()) {
            (_, 0) => return None,
            (Some(Effect::Skipped), 1) => " Its log is missing.",
            (Some(Effect::Skipped), _) => " Their logs are missing.",
            (Some(Effect::Removed), 1) => " The configuration no longer enables it.",
            (Some(Effect::Removed), _) => " The configuration no longer enables them.",
            (_, _) => "",
        };
        Some(format!("No longer running: {}.{because}", jails.join(", ")))
    };
    [Some(Effect::Removed), Some(Effect::Skipped), None].into_iter().filter_map(sentence).collect()
}

/// Returns true if a restart that is wanted anyway changes nothing in `jail`.
fn is_nothing(plan: &Plan, jail: &JailPlan) -> bool {
    let is_equal = jail.differences.is_empty() && !jail.loses();
    plan.scope == Scope::Daemon && jail.effect == Effect::Restarts && is_equal
}

fn line(plan: &Plan, jail: &JailPlan, is_done: bool) -> JailLine {
    let effect = if is_done { done(plan, jail) } else { planned(jail) };
    let why = (!is_done && jail.effect == Effect::Restarts).then(|| {
        let bans = match plan.bans_lost {
            None => "Its bans are lifted and restored; for a moment nobody is blocked.".to_owned(),
            Some(why) => format!("Its bans are lost: {}.", why_lost(why)),
        };
        format!("{}{bans}", why_restarted(plan, jail))
    });
    let why = why.into_iter().chain(will_lack(jail, is_done)).collect::<Vec<_>>().join(" ");
    let wakes = jail.wakes.then_some(if is_done {
        "it was idle, and bans again"
    } else {
        "it is idle, and will ban again"
    });
    let kept = jail.not_in_force.as_ref().filter(|_| !is_done);
    let kept = kept.map(|found| not_in_force(&jail.jail, found, false));
    let lost = jail
        .differences
        .iter()
        .filter_map(lost)
        .chain(wakes.map(str::to_owned))
        .map(|lost| format!("Lost, because it is not saved to a file: {lost}"));
    JailLine {
        jail: jail.jail.to_string(),
        path: jail_path(&jail.jail),
        effect: effect.to_owned(),
        why: (!why.is_empty()).then_some(why),
        changes: jail.differences.iter().map(words_of).collect(),
        lost: lost.chain(kept).collect(),
    }
}

fn planned(jail: &JailPlan) -> &'static str {
    match jail.effect {
        Effect::Starts => "is started.",
        Effect::Skipped => "is removed, because its log is missing. Its bans are lifted.",
        Effect::Removed => "is removed, because the configuration does not enable it. Its bans are lifted.",
        Effect::Unchanged => "stays as it is.",
        Effect::Changed => "changes. Its bans are kept.",
        Effect::Restarts => "is restarted.",
    }
}

fn done(plan: &Plan, jail: &JailPlan) -> &'static str {
    match jail.effect {
        Effect::Starts => "was started.",
        Effect::Removed | Effect::Skipped => "was removed; its bans were lifted.",
        Effect::Unchanged => "stayed as it was.",
        Effect::Changed => "was changed; its bans were kept.",
        Effect::Restarts if plan.bans_lost.is_none() => "was restarted; its bans were lifted and restored.",
        Effect::Restarts => "was restarted; its bans were lost.",
    }
}

fn why_lost(why: BansLost) -> &'static str {
    match why {
        BansLost::OtherDatabase => "fail2ban would start with another database",
        BansLost::NoDatabaseThen => "fail2ban would start without a database",
        BansLost::NoDatabaseNow => "fail2ban has no database to keep them in",
    }
}

/// Describes the parts that the jail lacks afterwards, as a sentence.
fn will_lack(jail: &JailPlan, is_done: bool) -> Option<String> {
    let named = jail.will_lack.iter().map(|need| match need {
        Need::Failregex => "no failregex",
        Need::Log => "no log to read",
        Need::Action => "no action",
    });
    let named = named.collect::<Vec<_>>().join(" and ");
    let protects = if is_done { "protects" } else { "will protect" };
    (!named.is_empty()).then(|| format!("It {protects} nothing, because it has {named}."))
}

/// Explains why a reload alone is not enough, as a sentence; empty where a restart was asked for.
fn why_restarted(plan: &Plan, jail: &JailPlan) -> String {
    if matches!(plan.scope, Scope::RestartJail(_) | Scope::Daemon) {
        return String::new();
    }
    if jail.other_backend {
        return "Its backend changes. ".to_owned();
    }
    let mut reasons: Vec<String> = Vec::new();
    for difference in jail.differences.iter().filter(|difference| difference.needs_restart) {
        let reason = reason(difference);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if jail.cannot_reload {
        reasons.push("would remove its action that is written in Python".to_owned());
    }
    format!("A reload alone {}. ", reasons.join(" and "))
}

fn reason(difference: &Difference) -> String {
    match (&difference.action, difference.setting.as_str(), &difference.change) {
        (None, "actions", Change::Values { new, .. }) if !new.is_empty() => {
            let names: Vec<String> = new.iter().map(|name| format!("“{}”", printable(name))).collect();
            let actions = if names.len() == 1 { "action" } else { "actions" };
            format!("would leave it without the {actions} {}", names.join(", "))
        }
        (None, "actions", _) => "would keep the order of its actions".to_owned(),
        (None, setting, _) => format!("would keep its old {}", printable(setting)),
        (Some(action), ..) => format!("would not apply the action {} to the firewall", printable(action)),
    }
}

fn all_shown(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| printable(line)).collect()
}
