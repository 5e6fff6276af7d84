//! Whether the settings of a jail make sense together.

use crate::domain::address::Target;
use crate::domain::jail::length::Length;
use crate::domain::jail::{JailSummary, Source};
use crate::domain::server::ServerSettings;

/// Settings that do not fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingFinding {
    /// Its ignore list may cover every address.
    IgnoresEverybody,
    /// It reads a file that fail2ban would write its log to, and fail2ban writes elsewhere.
    ReadsAnotherLog { path: String, target: String },
    /// A ban is over before the failures before it are forgotten. Both in seconds.
    BanShorterThanFind { ban: u64, find: u64 },
    /// Names in the log are looked up, and whoever controls the name decides who is banned.
    LooksUpNames,
    /// Names on its ignore list that the DNS does not know.
    UnknownNames(Vec<String>),
    /// Addresses of this machine or behind a proxy that are banned: the service sees the proxy, not its visitors.
    BansItself(Vec<Target>),
}

/// What is known of a jail and of what is around it.
pub(crate) struct Facts<'a> {
    pub(crate) summary: &'a JailSummary,
    /// Its `usedns`, where that was read.
    pub(crate) use_dns: Option<&'a str>,
    pub(crate) server: &'a ServerSettings,
    pub(crate) ignores_everybody: bool,
    /// Names on its ignore list that the DNS does not know.
    pub(crate) unknown_names: Vec<String>,
    /// Bans of addresses from which only this machine asks.
    pub(crate) own_bans: Vec<Target>,
}

/// Finds the settings that do not fit each other. What was not read is not judged.
pub(crate) fn check_settings(facts: Facts<'_>) -> Vec<SettingFinding> {
    let mut findings = Vec::new();
    if facts.ignores_everybody {
        findings.push(SettingFinding::IgnoresEverybody);
    }
    findings.extend(another_log(&facts));
    findings.extend(shorter_than_find(&facts));
    if facts.use_dns == Some("yes") {
        findings.push(SettingFinding::LooksUpNames);
    }
    if !facts.unknown_names.is_empty() {
        findings.push(SettingFinding::UnknownNames(facts.unknown_names));
    }
    if !facts.own_bans.is_empty() {
        findings.push(SettingFinding::BansItself(facts.own_bans));
    }
    findings
}

/// `recidive` reads fail2ban's own log, by the path of its package (`jail.conf`).
fn another_log(facts: &Facts<'_>) -> Option<SettingFinding> {
    let Ok(Source::Files(files)) = &facts.summary.status.as_ref().ok()?.source else { return None };
    let target = facts.server.log_target.as_ref().ok()?.as_ref()?;
    let reads_target = files.iter().any(|path| path == target);
    let path = files.iter().find(|path| path.rsplit('/').next() == Some("fail2ban.log"))?;
    (!reads_target).then(|| SettingFinding::ReadsAnotherLog { path: path.clone(), target: target.clone() })
}

/// `dbpurgeage` is not looked at: fail2ban keeps what ban times grow by for three times a ban's length beyond it, and a
/// restart goes on where it was in a log (1.0.2, `fail2ban/server/database.py`, `_purge_bips`; `filter.py`, `addLogPath`).
fn shorter_than_find(facts: &Facts<'_>) -> Option<SettingFinding> {
    let times = &facts.summary.times;
    let (ban, find) = (seconds(*times.ban_time.as_ref().ok()?)?, seconds(*times.find_time.as_ref().ok()?)?);
    (ban < find).then_some(SettingFinding::BanShorterThanFind { ban, find })
}

fn seconds(length: Length) -> Option<u64> {
    match length {
        Length::Seconds(seconds) => Some(seconds),
        Length::PracticallyForever | Length::Permanent => None,
    }
}
