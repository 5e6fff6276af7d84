//! The log lines of events. Administrators and filters search for these names and fields: do not change them.

use tracing::{info, warn};

use crate::domain::account::AccountName;
use crate::domain::action_failure::ActionFailure;
use crate::domain::jail::JailName;
use crate::domain::protection::Worse;

use super::bulk::Report;
use super::event::{Event, IgnoreChange};
use super::job::{Job, JobOutcome};

/// BanGUI's own fail2ban filter looks for this target and for the text of a failed login
/// (`packaging/fail2ban/filter.d/bangui.conf`). The address comes before the name.
const LOGIN: &str = "bangui::login";
/// Stands in the place of a name that no account has. None can: an account's name has no space.
const NO_ACCOUNT: &str = "(no such account)";

/// Writes the lines of `event`. Text in a field is escaped, so that it stays on its line.
pub(super) fn write(event: &Event) {
    match event {
        Event::Banned { jail, targets, newly } => targets.iter().for_each(|target| {
            info!(jail = jail.as_str(), address = target.to_string(), newly, "ip_banned");
        }),
        Event::Unbanned { jail, entries } => entries.iter().for_each(|entry| {
            info!(jail = jail.as_str(), address = entry.to_string(), "ip_unbanned");
        }),
        Event::BansLifted { jail, count } => info!(%jail, count, "ip_unbanned"),
        Event::UnbannedEverywhere { name, jails } => {
            let jails: Vec<&str> = jails.iter().map(JailName::as_str).collect();
            info!(address = name, ?jails, "ip_unbanned_all_jails");
        }
        Event::BulkUnbanEnded { by, is_all: true, report } => write_unban_all(by, report),
        // `BansLifted` has told of each jail.
        Event::BulkUnbanEnded { is_all: false, .. } => {}
        Event::TimedBans { jail, targets, change } => targets.iter().for_each(|target| {
            info!(jail = jail.as_str(), address = target.to_string(), ?change, "timed_ban");
        }),
        Event::ActionsFailed { jail, failures } => write_failures(jail, failures),
        Event::JobEnded { job, outcome, .. } => write_job(job, outcome),
        Event::JailStopped(jail) => info!(%jail, "jail_stopped"),
        Event::IdleSet { jail, on } => info!(%jail, on, "jail_idle_toggled"),
        Event::IgnoreListChanged { jail, change, by } => write_ignore(jail, change, by.as_deref()),
        Event::EverywhereEnded { entry, by, gone, stays } => {
            let names = |jails: &[JailName]| jails.iter().map(ToString::to_string).collect::<Vec<_>>();
            info!(ip = %entry, by, gone = ?names(gone), stays = ?names(stays), "ignore_ip_everywhere_ended");
        }
        Event::ServerChanged(change) => info!(?change, "server_setting_changed"),
        Event::LogsFlushed(flush) => info!(?flush, "logs_flushed"),
        Event::LookedUp { asked, bans } => info!(ip = asked.to_string(), bans, "ip_lookup_completed"),
        Event::GeoFailuresRetried { by, asked, left, forgotten } => {
            info!(by, asked, left, forgotten, "geo failures are resolved again");
        }
        Event::FirstAccountMade(account) => info!(%account, "first account made"),
        Event::LoggedIn { from, account } => {
            info!(target: LOGIN, "login from {from} for {:?}", account.as_str());
        }
        Event::LoginFailed { from, name } => {
            let name = name.as_ref().map_or(NO_ACCOUNT, AccountName::as_str);
            warn!(target: LOGIN, "failed login from {from} for {name:?}");
        }
        Event::IpApiLost(cause) => {
            warn!(error = %cause, "ip-api.com is no use now: places that are not known yet stay blank");
        }
        Event::IpApiBack => info!("ip-api.com answers again"),
        Event::DaemonLost(cause) => warn!(error = %cause, "daemon_lost"),
        Event::DaemonBack => info!("daemon_back"),
        Event::ProtectionWorse(Worse { jail, level, .. }) => warn!(%jail, ?level, "protection_worse"),
    }
}

fn write_unban_all(by: &str, report: &Report) {
    let (number, gone, failed) = (report.number_lifted(), report.gone, report.failed.len());
    let actions_failed = report.actions_failed.len();
    info!(%by, number, gone, failed, actions_failed, "all_ips_unbanned");
}

/// What is said of a failure has no command, so no password either.
fn write_failures(jail: &JailName, failures: &[ActionFailure]) {
    for failure in failures {
        let address = failure.banned.as_ref().map(ToString::to_string);
        warn!(%jail, address, action = failure.action, cause = ?failure.cause, "action_failed");
    }
}

fn write_job(job: &Job, outcome: &JobOutcome) {
    let jail = job.jail().map(JailName::as_str);
    if matches!(outcome, JobOutcome::NeedsConfirmation { .. }) {
        info!(jail, ?job, "work_needs_confirmation");
    } else if outcome.is_well() {
        info!(jail, ?outcome, "{}", job.event());
    } else {
        warn!(jail, ?job, ?outcome, "work_failed");
    }
}

fn write_ignore(jail: &JailName, change: &IgnoreChange, by: Option<&str>) {
    match change {
        IgnoreChange::Added(entry) => info!(%jail, ip = %entry, by, "ignore_ip_added"),
        IgnoreChange::Kept(entry) => info!(%jail, ip = %entry, by, "ignore_ip_kept"),
        IgnoreChange::PutBack(entry) => info!(%jail, ip = %entry, "ignore_ip_put_back"),
        IgnoreChange::PutInAll(entries) => entries.iter().for_each(|entry| {
            info!(%jail, ip = %entry, "ignore_ip_put_back");
        }),
        IgnoreChange::Expired(entry) => info!(%jail, ip = %entry, by = "its end date", "ignore_ip_removed"),
        IgnoreChange::Removed(name) => info!(%jail, ip = ?name, by, "ignore_ip_removed"),
        IgnoreChange::KeptNoMore(name) => info!(%jail, ip = ?name, by, "ignore_ip_kept_no_more"),
        IgnoreChange::SelfSet(on) => info!(%jail, on, by, "ignore_self_toggled"),
        IgnoreChange::NotInForce(found) => warn!(%jail, ?found, "kept ignore entries are not in force"),
    }
}

#[cfg(test)]
mod tests;
