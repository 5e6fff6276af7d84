//! One whole look at whether the jails protect.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use crate::broker::Handle;
use crate::domain::address::Target;
use crate::domain::filter_trial::{FilterQuestion, FilterTrial, Untried};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailName, JailSummary};
use crate::domain::lack::LackingJail;
use crate::domain::protection::{
    Facts, FilterLook, JailFirewall, JailLogs, JailProtection, Protection, Reason, check_settings, uncovered,
};
use crate::domain::server::ServerSettings;
use crate::fail2ban::Error;
use crate::jail_service::looks::LookStep;

/// The longest time that a name on an ignore list is looked up.
const LONGEST_LOOKUP: Duration = Duration::from_secs(3);

/// Looks at every jail that runs, and tells `progress` how far it is.
///
/// # Errors
/// fail2ban or its broker does not answer.
pub(crate) async fn look(handle: &Handle, progress: impl Fn(LookStep)) -> Result<Protection, Error> {
    progress(LookStep::Firewall);
    let mut firewall: BTreeMap<JailName, JailFirewall> =
        handle.firewall().await?.into_iter().map(|look| (look.jail.clone(), look)).collect();
    progress(LookStep::Logs);
    let mut logs: BTreeMap<JailName, JailLogs> =
        handle.logs().await?.into_iter().map(|logs| (logs.jail.clone(), logs)).collect();
    let listeners = handle.listeners().await?;
    let server = handle.server_settings().await?;
    let lacking = handle.lacking_jails().await?;
    let summaries = handle.summaries().await?.jails;
    let now = Timestamp::now();
    let (mut jails, mut trials) = (Vec::new(), Vec::new());
    for (done, summary) in summaries.iter().enumerate() {
        progress(LookStep::Jail { done, of: summaries.len() });
        let mut jail = JailProtection::new(summary.name.clone());
        add_lack(&mut jail, &lacking);
        if let Some(look) = firewall.remove(&summary.name) {
            jail.add_firewall(look);
        }
        if let Some(logs) = logs.remove(&summary.name) {
            jail.add_logs(logs, now);
        }
        match add_settings(&mut jail, handle, summary, &server).await {
            // It has ended meanwhile.
            Err(Error::UnknownJail(_)) => continue,
            other => other?,
        }
        match try_filter(&mut jail, handle).await {
            Err(Error::UnknownJail(_)) => continue,
            trial => trials.push(trial?),
        }
        jails.push(jail);
    }
    add_trials(&mut jails, &trials, now);
    jails.iter_mut().for_each(JailProtection::sort);
    let running: Vec<JailName> = jails.iter().map(|jail| jail.jail.clone()).collect();
    let uncovered = listeners.map(|listeners| uncovered(&listeners, &running));
    Ok(Protection { at: Timestamp::now(), jails, uncovered })
}

/// Tries the filter of `jail` on its log. `None` where that cannot be; the reason is added.
async fn try_filter(jail: &mut JailProtection, handle: &Handle) -> Result<Option<FilterTrial>, Error> {
    match handle.try_filter(&jail.jail, &FilterQuestion::of_log()).await {
        Ok(Ok(trial)) => return Ok(Some(trial)),
        // It is told of its log.
        Ok(Err(Untried::Unread(_) | Untried::NoLog)) => {}
        Ok(Err(untried)) => jail.reasons.push(Reason::FilterNotTried(untried)),
        Err(Error::Client(error)) => jail.reasons.push(Reason::NoTrial(error.to_string())),
        Err(error) => return Err(error),
    }
    Ok(None)
}

/// Adds what each filter made of its log. Where several jails read one log, it is enough that one of them finds
/// something.
fn add_trials(jails: &mut [JailProtection], trials: &[Option<FilterTrial>], now: Timestamp) {
    let finds = |trial: &&FilterTrial| FilterLook::from(*trial).known > 0;
    let logs = trials.iter().flatten().filter(finds).flat_map(|trial| &trial.logs);
    let found: Vec<&str> = logs.map(|log| log.path.as_str()).collect();
    for (jail, trial) in jails.iter_mut().zip(trials) {
        if let Some(trial) = trial {
            let elsewhere = trial.logs.iter().any(|log| found.contains(&log.path.as_str()));
            jail.add_filter(FilterLook::from(trial), elsewhere, now);
        }
    }
}

fn add_lack(jail: &mut JailProtection, lacking: &[LackingJail]) {
    let lack = lacking.iter().find(|lacking| lacking.jail == jail.jail);
    jail.reasons.extend(lack.map(|lacking| Reason::Lacks(lacking.lack)));
}

async fn add_settings(
    jail: &mut JailProtection,
    handle: &Handle,
    summary: &JailSummary,
    server: &ServerSettings,
) -> Result<(), Error> {
    let detail = handle.detail(&summary.name).await?;
    let listed = detail.ignore_list.as_deref().unwrap_or_default();
    let own = ["127.0.0.1", "::1"].iter().filter_map(|own| own.parse().ok());
    let own: Vec<std::net::IpAddr> = own.collect();
    let banned = handle.banned(&summary.name, &own).await?;
    let own_bans = own.into_iter().zip(banned).filter_map(|(own, is_banned)| is_banned.then_some(own.into()));
    let facts = Facts {
        summary,
        detail: &detail,
        server,
        ignores_everybody: listed.iter().any(Listed::may_be_everybody),
        unknown_names: unknown_names(listed).await,
        own_bans: own_bans.collect::<Vec<Target>>(),
    };
    jail.reasons.extend(check_settings(facts).into_iter().map(Reason::Setting));
    jail.ignored = listed.iter().filter_map(Listed::target).collect();
    Ok(())
}

/// The names on an ignore list that the DNS says do not exist. One that does not answer says nothing.
async fn unknown_names(listed: &[Listed]) -> Vec<String> {
    let mut unknown = Vec::new();
    for entry in listed {
        let Listed::Text(text) = entry else { continue };
        let Ok(IgnoreEntry::Host(_)) = text.parse::<IgnoreEntry>() else { continue };
        let found = timeout(LONGEST_LOOKUP, tokio::net::lookup_host((text.as_str(), 0))).await;
        if let Ok(Err(error)) = found
            && is_unknown(&error)
        {
            unknown.push(text.clone());
        }
    }
    unknown
}

/// Returns true for the words of `getaddrinfo` for a name that does not exist (`EAI_NONAME`, `EAI_NODATA`); the
/// standard library passes no number on.
fn is_unknown(error: &std::io::Error) -> bool {
    let words = error.to_string();
    words.contains("Name or service not known") || words.contains("No address associated")
}
