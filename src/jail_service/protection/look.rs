//! One whole look at whether the jails protect.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use crate::broker::Handle;
use crate::domain::address::Target;
use crate::domain::filter_trial::Untried;
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailName, JailSummary};
use crate::domain::lack::LackingJail;
use crate::domain::protection::{
    Facts, FilterLook, JailFilter, JailFirewall, JailLogs, JailProtection, Protection, Reason,
    check_settings, uncovered,
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
    progress(LookStep::Filters);
    let (mut filters, no_trial) = match handle.try_filters().await {
        Ok(filters) => (filters.into_iter().map(|filter| (filter.jail.clone(), filter)).collect(), None),
        Err(Error::Client(error)) => (BTreeMap::new(), Some(error.to_string())),
        Err(error) => return Err(error),
    };
    progress(LookStep::Settings);
    let mut ignored: BTreeMap<JailName, _> = handle.ignore_lists().await?.into_iter().collect();
    let now = Timestamp::now();
    let (mut jails, mut looks) = (Vec::new(), Vec::new());
    for summary in handle.summaries().await?.jails {
        let mut jail = JailProtection::new(summary.name.clone());
        add_lack(&mut jail, &lacking);
        if let Some(look) = firewall.remove(&summary.name) {
            jail.add_firewall(look);
        }
        if let Some(logs) = logs.remove(&summary.name) {
            jail.add_logs(logs, now);
        }
        let filter = filters.remove(&summary.name);
        let listed = ignored.remove(&summary.name).and_then(Result::ok).unwrap_or_default();
        let use_dns = filter.as_ref().and_then(|filter: &JailFilter| filter.use_dns.as_deref());
        match add_settings(&mut jail, handle, &summary, &server, &listed, use_dns).await {
            // It has ended meanwhile.
            Err(Error::UnknownJail(_)) => continue,
            other => other?,
        }
        jail.reasons.extend(no_trial.clone().map(Reason::NoTrial));
        looks.push(filter.and_then(|filter| look_of(filter, &mut jail)));
        jails.push(jail);
    }
    add_looks(&mut jails, looks, now);
    jails.iter_mut().for_each(JailProtection::sort);
    let running: Vec<JailName> = jails.iter().map(|jail| jail.jail.clone()).collect();
    let uncovered = listeners.map(|listeners| uncovered(&listeners, &running));
    Ok(Protection { at: Timestamp::now(), jails, uncovered })
}

/// What a filter made of its log. `None` where it could not be tried; the reason is added.
fn look_of(filter: JailFilter, jail: &mut JailProtection) -> Option<FilterLook> {
    match filter.look {
        Ok(look) => return Some(look),
        // It is told of its log.
        Err(Untried::Unread(_) | Untried::NoLog) => {}
        Err(untried) => jail.reasons.push(Reason::FilterNotTried(untried)),
    }
    None
}

/// Adds what each filter made of its log. Where several jails read one log, it is enough that one of them finds
/// something.
fn add_looks(jails: &mut [JailProtection], looks: Vec<Option<FilterLook>>, now: Timestamp) {
    let finds = looks.iter().flatten().filter(|look| look.known > 0);
    let found: HashSet<String> = finds.flat_map(|look| look.logs.iter().cloned()).collect();
    for (jail, look) in jails.iter_mut().zip(looks) {
        if let Some(look) = look {
            let elsewhere = look.logs.iter().any(|log| found.contains(log));
            jail.add_filter(look, elsewhere, now);
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
    listed: &[Listed],
    use_dns: Option<&str>,
) -> Result<(), Error> {
    let own = ["127.0.0.1", "::1"].iter().filter_map(|own| own.parse().ok());
    let own: Vec<std::net::IpAddr> = own.collect();
    let banned = handle.banned(&summary.name, &own).await?;
    let own_bans = own.into_iter().zip(banned).filter_map(|(own, is_banned)| is_banned.then_some(own.into()));
    let facts = Facts {
        summary,
        use_dns,
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
