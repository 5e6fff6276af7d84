//! One look: compares the bans of each jail with what the firewall holds.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use crate::domain::address::Target;
use crate::domain::protection::{Family, Finding, JailFirewall, NotLooked, Place, PlaceLook, Sample};
use crate::fail2ban::Error;
use crate::fail2ban::daemon::Daemon;

use super::follow::Rules;
use super::jails::{self, Jail};
use super::places::Blocks;
use super::state::Firewall;
use super::{iptables, network};

/// The time after which what was not yet there is looked for again: a ban that is just being made has its rule
/// a moment later.
const SETTLE: Duration = Duration::from_secs(1);

/// The differences of a place, before they are looked at again.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Differences {
    missing: BTreeSet<Target>,
    left_over: BTreeSet<Target>,
}

/// The bans that belong in each place, from whichever jail.
type Expected = BTreeMap<Place, HashSet<Target>>;

/// Looks for each ban of each jail in the firewall.
///
/// # Errors
/// fail2ban does not answer.
pub(crate) async fn look_at_firewall(daemon: &Daemon) -> Result<Vec<JailFirewall>, Error> {
    let is_ours = network::check_is_ours(daemon.process_id().await?);
    let mut jails = jails::read(daemon).await?;
    if let Err(reason) = is_ours {
        return Ok(jails.into_iter().map(|jail| unseen(jail, &reason)).collect());
    }
    let firewall = Firewall::default();
    let first = differences(&jails, &firewall).await;
    let is_as_expected = first.values().all(|place| *place == Differences::default());
    if is_as_expected {
        return Ok(looks(&jails, &firewall, &first).await);
    }
    tokio::time::sleep(SETTLE).await;
    let firewall = Firewall::default();
    for jail in &mut jails {
        jail.bans = jails::bans(daemon, &jail.name).await?;
    }
    let mut second = differences(&jails, &firewall).await;
    for (place, found) in &mut second {
        let before = first.get(place).cloned().unwrap_or_default();
        found.missing.retain(|target| before.missing.contains(target));
        found.left_over.retain(|target| before.left_over.contains(target));
    }
    Ok(looks(&jails, &firewall, &second).await)
}

/// A jail of which nothing could be looked at.
fn unseen(jail: Jail, reason: &NotLooked) -> JailFirewall {
    let mut not_looked: Vec<_> = jail.actions.into_iter().map(|(name, ..)| (name, reason.clone())).collect();
    not_looked.dedup();
    JailFirewall { jail: jail.name, has_known_place: false, places: Vec::new(), not_looked }
}

fn expected(jails: &[Jail]) -> Expected {
    let mut expected = Expected::new();
    for jail in jails {
        for (_, family, blocks) in &jail.actions {
            if let Blocks::In(place) = blocks {
                expected.entry(place.clone()).or_default().extend(jail.bans_of(*family));
            }
        }
    }
    expected
}

async fn differences(jails: &[Jail], firewall: &Firewall) -> BTreeMap<Place, Differences> {
    let mut found = BTreeMap::new();
    for (place, bans) in expected(jails) {
        // What cannot be read is told of each jail later.
        let Ok(entries) = firewall.entries(&place).await else { continue };
        let entries = entries.unwrap_or_default();
        let missing = bans.iter().filter(|ban| !entries.hold(ban)).copied().collect();
        let left_over = if is_fail2bans_own(&place) {
            entries.beyond(&bans).into_iter().collect()
        } else {
            BTreeSet::new()
        };
        found.insert(place, Differences { missing, left_over });
    }
    found
}

/// Returns true if only fail2ban puts addresses there. The rules of ufw and firewalld and the routes are also an
/// administrator's.
fn is_fail2bans_own(place: &Place) -> bool {
    match place {
        Place::NftSet { table, .. } => table != "firewalld",
        Place::Chain { chain, .. } => !chain.starts_with("ufw"),
        Place::IpSet { .. } => true,
        Place::FirewalldRules | Place::Routes => false,
    }
}

/// What holds for the whole machine.
struct Machine {
    /// `None` where the system does not tell.
    listening: Option<BTreeSet<u16>>,
    published: Vec<u16>,
}

impl Machine {
    async fn read() -> Self {
        let listening = match network::listening() {
            Ok(sockets) => Some(sockets.iter().map(|socket| socket.port).collect()),
            Err(error) => {
                tracing::debug!(%error, "who listens is not known");
                None
            }
        };
        let published = match iptables::published_ports().await {
            Ok(ports) => ports,
            Err(why) => {
                // Where there is no iptables there is no Docker that publishes by it.
                tracing::debug!(?why, "which ports Docker publishes is not known");
                Vec::new()
            }
        };
        Self { listening, published }
    }
}

async fn looks(
    jails: &[Jail],
    firewall: &Firewall,
    differences: &BTreeMap<Place, Differences>,
) -> Vec<JailFirewall> {
    let machine = Machine::read().await;
    let mut told = HashSet::new();
    let mut looks = Vec::new();
    for jail in jails {
        looks.push(look(jail, firewall, differences, &machine, &mut told).await);
    }
    looks
}

/// `told` are the places whose left-over entries were told of another jail.
async fn look(
    jail: &Jail,
    firewall: &Firewall,
    differences: &BTreeMap<Place, Differences>,
    machine: &Machine,
    told: &mut HashSet<Place>,
) -> JailFirewall {
    let has_known_place = jail.actions.iter().any(|(_, _, blocks)| matches!(blocks, Blocks::In(_)));
    let (jail_name, places, not_looked) = (jail.name.clone(), Vec::new(), Vec::new());
    let mut look = JailFirewall { jail: jail_name, has_known_place, places, not_looked };
    if jail.bans.is_none() {
        look.not_looked.push((String::new(), NotLooked::Unread));
        return look;
    }
    for (action, family, blocks) in &jail.actions {
        let bans = jail.bans_of(*family);
        let place = match blocks {
            Blocks::In(place) => place,
            Blocks::Ipv4Only => {
                let v4 = jail.actions.iter().find_map(|(name, of, blocks)| match blocks {
                    Blocks::In(place) if name == action && *of == Family::V4 => Some(place.clone()),
                    _ => None,
                });
                if let Some(place) = v4.filter(|_| !bans.is_empty()) {
                    let findings = vec![Finding::Ipv4Only(bans.len())];
                    let (action, bans) = (action.clone(), bans.len());
                    look.places.push(PlaceLook { action, place, bans, held: 0, findings });
                }
                continue;
            }
            Blocks::Unknown(reason) => {
                add_unlooked(&mut look, action, reason.clone());
                continue;
            }
        };
        let found = differences.get(place).cloned().unwrap_or_default();
        let found = Differences {
            missing: found.missing.into_iter().filter(|ban| bans.contains(ban)).collect(),
            left_over: if told.insert(place.clone()) { found.left_over } else { BTreeSet::new() },
        };
        match findings(place, *family, &bans, &found, firewall, machine).await {
            Ok(None) => {}
            Ok(Some(findings)) => look.places.push(PlaceLook {
                action: action.clone(),
                place: place.clone(),
                bans: bans.len(),
                held: bans.len() - found.missing.len(),
                findings,
            }),
            Err(reason) => add_unlooked(&mut look, action, reason),
        }
    }
    look
}

fn add_unlooked(look: &mut JailFirewall, action: &str, reason: NotLooked) {
    let entry = (action.to_owned(), reason);
    if !look.not_looked.contains(&entry) {
        look.not_looked.push(entry);
    }
}

/// `None` where there is neither a ban nor a place for one: actions make it with the first ban of its family.
async fn findings(
    place: &Place,
    family: Family,
    bans: &HashSet<Target>,
    found: &Differences,
    firewall: &Firewall,
    machine: &Machine,
) -> Result<Option<Vec<Finding>>, NotLooked> {
    if firewall.entries(place).await?.is_none() {
        return Ok((!bans.is_empty()).then(|| vec![Finding::NoPlace(bans.len())]));
    }
    let mut findings = Vec::new();
    let sample = |targets: &BTreeSet<Target>| Sample::of(targets.iter().copied().collect());
    if !found.missing.is_empty() {
        findings.push(Finding::Missing(sample(&found.missing)));
    }
    if !found.left_over.is_empty() {
        findings.push(Finding::LeftOver(sample(&found.left_over)));
    }
    let Some((table, ways)) = firewall.ways(place, family).await? else { return Ok(Some(findings)) };
    if ways.is_empty() {
        findings.push(Finding::NotHooked);
        return Ok(Some(findings));
    }
    let blocks_all = ways.iter().any(|way| way.rule.ports.is_empty());
    let ranges: Vec<_> = ways.iter().flat_map(|way| &way.rule.ports).collect();
    let is_blocked = |port: &u16| ranges.iter().any(|range| range.contains(port));
    let held = bans.iter().filter(|ban| !found.missing.contains(ban));
    let listening = machine.listening.iter().flatten().copied();
    let mut ports: Vec<u16> = listening.filter(|port| blocks_all || is_blocked(port)).collect();
    if ports.is_empty() {
        ports.extend(ranges.first().map(|range| *range.start()));
    }
    let rules = Rules { table, ways: &ways, blocks_all };
    findings.extend(rules.way_through(held, &ports, &|set, target| firewall.set_holds(place, set, target)));
    if !blocks_all {
        if let Some(listening) = &machine.listening
            && !listening.iter().any(is_blocked)
        {
            findings.push(Finding::NobodyListens(ranges.iter().map(|range| *range.start()).collect()));
        }
        let passes_by = !ways.iter().any(|way| way.hook == "forward");
        let published: Vec<u16> = machine.published.iter().copied().filter(is_blocked).collect();
        if passes_by && !published.is_empty() {
            findings.push(Finding::Published(published));
        }
    }
    Ok(Some(findings))
}
