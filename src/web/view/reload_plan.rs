//! A plan in words.

use crate::domain::lookup::printable;
use crate::domain::reload::{Change, Difference, Effect, JailPlan, Need, Plan, Scope, Shortfall};
use crate::web::extract::ban_query::jail_path;

use super::messages::Explain as _;

/// So many values of one setting are written out.
const MOST_VALUES: usize = 5;
/// The longest value that is written out, in characters.
const LONGEST_VALUE: usize = 160;

/// What becomes of one jail, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailLine {
    /// The jail.
    pub jail: String,
    /// Its page.
    pub path: String,
    /// What becomes of it, as the rest of a sentence that begins with its name.
    pub(crate) effect: String,
    /// Why it costs something.
    pub why: Option<String>,
    /// What changes, a line each.
    pub changes: Vec<String>,
    /// What no file holds and is lost, a line each.
    pub(crate) lost: Vec<String>,
}

/// A plan in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanWords {
    /// The jails of which something becomes.
    pub jails: Vec<JailLine>,
    /// What stays as it is, in a sentence; empty for nothing.
    pub unchanged: String,
    /// What changes in the daemon's own settings.
    pub server: Vec<String>,
    /// Settings of the daemon that no file holds and that are lost.
    pub(crate) server_lost: Vec<String>,
    /// Jails that fail2ban would refuse, and why.
    pub broken: Vec<(String, Vec<String>)>,
    /// Whether it has a price.
    pub(crate) has_a_price: bool,
}

impl PlanWords {
    /// `plan` in words.
    pub(crate) fn describe(plan: &Plan) -> Self {
        let is_told = |jail: &&JailPlan| jail.effect != Effect::Unchanged && !is_nothing(plan, jail);
        let untold = plan.jails.iter().filter(|jail| !is_told(jail)).count();
        let unchanged = match (untold, &plan.scope) {
            (0, _) => String::new(),
            (1, Scope::Jail(jail)) => format!("{jail} is already what its files say."),
            (_, Scope::Daemon) => "Every jail is ended and started with what its files say. Nothing is watched for some seconds.".to_owned(),
            (1, _) => "1 jail is already what its files say.".to_owned(),
            (number, _) => format!("{number} jails are already what their files say."),
        };
        let broken = plan.broken.iter();
        Self {
            jails: plan.jails.iter().filter(is_told).map(|jail| line(plan, jail)).collect(),
            unchanged,
            server: plan.server.iter().map(words_of).collect(),
            server_lost: plan.server.iter().filter_map(lost).collect(),
            broken: broken.map(|broken| (broken.jail.clone(), all_shown(&broken.reasons))).collect(),
            has_a_price: plan.has_a_price(),
        }
    }

    /// Whether nothing changes at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.jails.is_empty() && self.server.is_empty() && self.broken.is_empty()
    }
}

/// What a jail lacks, in a sentence.
pub(crate) fn missing(short: &Shortfall) -> String {
    if short.differences.is_empty() {
        return "It does not run.".to_owned();
    }
    let settings: Vec<String> = short.differences.iter().map(words_of).collect();
    format!("Not as its files say: {}.", settings.join("; "))
}

/// Whether a restart that is wanted anyway changes nothing in `jail`.
fn is_nothing(plan: &Plan, jail: &JailPlan) -> bool {
    plan.scope == Scope::Daemon && jail.effect == Effect::Restarts && jail.differences.is_empty()
}

fn line(plan: &Plan, jail: &JailPlan) -> JailLine {
    let bans = if plan.keeps_bans {
        "Its bans are lifted and set again: for a moment nobody is blocked."
    } else {
        "Its bans are lost: fail2ban keeps them in no database that it will still have."
    };
    let (effect, why) = match jail.effect {
        Effect::Starts => ("is started.", None),
        Effect::Removed => ("is removed, as the configuration does not start it. Its bans are lifted.", None),
        Effect::Unchanged => ("stays as it is.", None),
        Effect::Changed => ("changes. Its bans stay.", None),
        Effect::Restarts => ("is restarted.", Some(format!("{}{bans}", why_restarted(plan, jail)))),
    };
    let why = why.into_iter().chain(will_lack(jail)).collect::<Vec<_>>().join(" ");
    JailLine {
        jail: jail.jail.to_string(),
        path: jail_path(&jail.jail),
        effect: effect.to_owned(),
        why: (!why.is_empty()).then_some(why),
        changes: jail.differences.iter().map(words_of).collect(),
        lost: jail.differences.iter().filter_map(lost).collect(),
    }
}

/// What the jail will lack, as a sentence.
fn will_lack(jail: &JailPlan) -> Option<String> {
    let named = jail.will_lack.iter().map(|need| match need {
        Need::Failregex => "no failregex",
        Need::Log => "no log to read",
        Need::Action => "no action",
    });
    let named = named.collect::<Vec<_>>().join(" and ");
    (!named.is_empty()).then(|| format!("Then it protects nothing, as it has {named}."))
}

/// Why a reload alone would not do, as a sentence; empty where a restart was asked for.
fn why_restarted(plan: &Plan, jail: &JailPlan) -> String {
    if matches!(plan.scope, Scope::RestartJail(_) | Scope::Daemon) {
        return String::new();
    }
    let mut reasons: Vec<String> = Vec::new();
    for difference in jail.differences.iter().filter(|difference| difference.needs_restart) {
        let reason = match (&difference.action, difference.setting.as_str()) {
            (None, "actions") => "would leave it without an action that it is to have".to_owned(),
            (None, setting) => format!("would keep its old {}", printable(setting)),
            (Some(action), _) => format!("would not bring the action {} to the firewall", printable(action)),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if jail.cannot_reload {
        reasons.push("would remove its action that is written in Python".to_owned());
    }
    if reasons.is_empty() {
        return "Its backend changes. ".to_owned();
    }
    format!("A reload alone {}. ", reasons.join(" and "))
}

/// A difference in a few words.
fn words_of(difference: &Difference) -> String {
    let setting = match &difference.action {
        Some(action) => format!("{} of the action {}", printable(&difference.setting), printable(action)),
        None => printable(&difference.setting),
    };
    match &difference.change {
        Change::Values { gone, new } if gone.len() <= 1 && new.len() <= 1 && is_single(difference) => {
            format!("{setting}: {} → {}", value(gone), value(new))
        }
        Change::Values { gone, new } => {
            let gone = (!gone.is_empty()).then(|| format!("without {}", values(gone)));
            let new = (!new.is_empty()).then(|| format!("with {}", values(new)));
            format!("{setting}: {}", gone.into_iter().chain(new).collect::<Vec<_>>().join(", "))
        }
        Change::Order => format!("{setting}: in another order"),
        Change::Hidden => format!("{setting}: other than now"),
        Change::Unknown(why) => format!("{setting}: not known now ({})", printable(&why.explain())),
    }
}

/// Whether a setting holds one value.
fn is_single(difference: &Difference) -> bool {
    const LISTS: [&str; 6] = ["failregex", "ignoreregex", "ignoreip", "logpath", "journalmatch", "actions"];
    !LISTS.contains(&difference.setting.as_str())
}

fn lost(difference: &Difference) -> Option<String> {
    if difference.lost.is_empty() {
        return None;
    }
    let setting = match &difference.action {
        Some(action) => format!("{} of the action {}", printable(&difference.setting), printable(action)),
        None => printable(&difference.setting),
    };
    match &difference.change {
        Change::Values { .. } => Some(format!("{setting} {}", values(&difference.lost))),
        Change::Order | Change::Hidden | Change::Unknown(_) => Some(setting),
    }
}

fn value(texts: &[String]) -> String {
    if texts.is_empty() { "not set".to_owned() } else { values(texts) }
}

fn values(texts: &[String]) -> String {
    let mut some: Vec<String> = texts.iter().take(MOST_VALUES).map(|text| cut(&printable(text))).collect();
    if texts.len() > MOST_VALUES {
        some.push(format!("{} more", texts.len() - MOST_VALUES));
    }
    some.join(", ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn all_shown(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| printable(line)).collect()
}
