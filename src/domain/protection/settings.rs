//! Whether the settings of a jail make sense together.

use crate::domain::address::Target;
use crate::domain::jail::length::Length;
use crate::domain::jail::{JailSummary, Source};
use crate::domain::jail_detail::JailDetail;
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
    /// fail2ban's database forgets before the failures have to fall together. Both in seconds.
    PurgedBeforeFind { purge: u64, find: u64 },
    /// fail2ban's database forgets bans before the longest one ends, so ban times begin anew. Both in seconds.
    PurgedBeforeGrown { purge: u64, longest: u64 },
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
    pub(crate) detail: &'a JailDetail,
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
    findings.extend(times(&facts));
    if matches!(&facts.detail.use_dns, Ok(Some(policy)) if policy == "yes") {
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

fn times(facts: &Facts<'_>) -> Vec<SettingFinding> {
    let times = &facts.summary.times;
    let (Ok(ban), Ok(find)) = (times.ban_time.clone(), times.find_time.as_ref()) else { return Vec::new() };
    let find = seconds(*find);
    let mut findings = Vec::new();
    if let (Some(ban), Some(find)) = (seconds(ban), find)
        && ban < find
    {
        findings.push(SettingFinding::BanShorterThanFind { ban, find });
    }
    let Ok(Some(purge)) = facts.server.purge_age else { return findings };
    if let Some(find) = find.filter(|find| *find > purge) {
        findings.push(SettingFinding::PurgedBeforeFind { purge, find });
    }
    let grows = matches!(times.growing, Ok(Some(true)));
    let longest = facts.detail.growth.max_time.as_ref().ok().copied().flatten().unwrap_or(ban);
    if let Some(longest) = seconds(longest.max(ban)).filter(|longest| grows && *longest > purge) {
        findings.push(SettingFinding::PurgedBeforeGrown { purge, longest });
    }
    findings
}

fn seconds(length: Length) -> Option<u64> {
    match length {
        Length::Seconds(seconds) => Some(seconds),
        Length::PracticallyForever | Length::Permanent => None,
    }
}
