//! The past of an address or a network, as BanGUI's record tells it: a line in time, its neighbours, and how far it is
//! from a jail for those that come back.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::order::{Direction, Sort};
use crate::domain::history::{Ending, HistoryQuery, RecordedBan};
use crate::domain::jail::{JailSummaries, JailSummary, Length, Source};
use crate::domain::text;
use crate::web::state::State;
use crate::web::view::messages::history as words;
use crate::web::view::{format, percent};

const YEAR: i64 = 365 * 24 * 60 * 60;
/// Number of bans that are drawn.
const DRAWN: usize = 300;
/// Prefix lengths of the network whose banned addresses are neighbours: as much as one customer has at most.
const NEIGHBOURHOOD: (u8, u8) = (24, 64);
/// The shortest bar, in hundredths of a percent, so that a short ban of a long time can be seen.
const SHORTEST: u64 = 60;

/// What the record tells.
pub(super) struct Past {
    /// The jails, each with its bans.
    pub(super) lanes: Vec<(String, Vec<Stretch>)>,
    /// When the line begins.
    pub(super) begins: Timestamp,
    /// True if there are more bans than are drawn.
    pub(super) is_cut: bool,
    pub(super) neighbours: Option<Neighbours>,
    /// How far it is from a jail for those that come back, in sentences.
    pub(super) recidive: Vec<String>,
}

/// A ban on the line. Places in percent.
pub(super) struct Stretch {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) ending: Ending,
    pub(super) title: String,
}

/// Addresses of the same network that are banned too.
pub(super) struct Neighbours {
    pub(super) network: IpNet,
    pub(super) addresses: usize,
    pub(super) jails: String,
}

impl Past {
    /// Reads it; `None` where nothing is recorded of it, or the record cannot be read.
    pub(super) async fn load(asked: &Banned, state: &State, now: Timestamp) -> Option<Self> {
        let (bans, next) = rows(asked, None, state, now).await?;
        let neighbours = neighbours(asked, state, now).await;
        let jails = state.jails.jails(crate::jail_service::MaxAge::of_this_minute()).await.ok();
        let recidive = jails.map(|jails| recidive(&jails, &bans, now)).unwrap_or_default();
        if bans.is_empty() && neighbours.is_none() {
            return None;
        }
        let begins = bans.iter().map(|ban| ban.since).min().unwrap_or(now);
        Some(Self { lanes: lanes(&bans, begins, now), begins, is_cut: next, neighbours, recidive })
    }
}

async fn rows(
    asked: &Banned,
    ending: Option<Ending>,
    state: &State,
    now: Timestamp,
) -> Option<(Vec<RecordedBan>, bool)> {
    let query = HistoryQuery {
        between: (now.as_second() - YEAR, now.as_second() + 1),
        jail: None,
        origin: None,
        entry: Some(asked.clone()),
        ending,
        sort: Sort::Banned,
        direction: Direction::Descending,
        at: None,
        page: 1,
        per_page: DRAWN,
    };
    match state.history.rows(query, DRAWN).await {
        Ok((bans, next)) => Some((bans, next.is_some())),
        Err(crate::history::HistoryError::Absent(_)) => None,
        Err(error) => {
            tracing::warn!(%error, "the past of an address cannot be read");
            None
        }
    }
}

fn lanes(bans: &[RecordedBan], begins: Timestamp, now: Timestamp) -> Vec<(String, Vec<Stretch>)> {
    let seconds =
        |from: Timestamp, to: Timestamp| u64::try_from(to.as_second() - from.as_second()).unwrap_or(0);
    let whole = seconds(begins, now).max(1);
    let mut lanes: BTreeMap<&str, Vec<Stretch>> = BTreeMap::new();
    for ban in bans {
        let ended = ban.ends.filter(|end| *end < now);
        let end = match (ban.ending, ended) {
            (_, Some(end)) => end,
            (Ending::Standing, None) => now,
            // It is not known when.
            (_, None) => ban.since,
        };
        let shortest = whole * SHORTEST / 10_000;
        let start = seconds(begins, ban.since).min(whole.saturating_sub(shortest));
        lanes.entry(&ban.jail).or_default().push(Stretch {
            x: percent::of(start, whole),
            width: percent::of(seconds(ban.since, end).max(shortest).min(whole - start), whole),
            ending: ban.ending,
            title: title(ban),
        });
    }
    lanes.into_iter().map(|(jail, bans)| (text::escaped(jail), bans)).collect()
}

fn title(ban: &RecordedBan) -> String {
    let length =
        ban.length.as_ref().map(|length| format!(" {}", format::lasting(length))).unwrap_or_default();
    format!("{}: banned{length}, {}", format::stamp(&ban.since), words::ended(ban))
}

/// The banned addresses around an address, of which the record knows as soon as fail2ban's database does.
async fn neighbours(asked: &Banned, state: &State, now: Timestamp) -> Option<Neighbours> {
    let Some(Target::Address(address)) = asked.target() else { return None };
    let prefix = if address.is_ipv4() { NEIGHBOURHOOD.0 } else { NEIGHBOURHOOD.1 };
    let network = IpNet::new(*address, prefix).ok()?.trunc();
    let around = Banned::Target(Target::Network(network));
    let (bans, _) = rows(&around, Some(Ending::Standing), state, now).await?;
    let others: BTreeSet<IpAddr> =
        bans.iter().filter_map(|ban| single(&ban.banned)).filter(|own| own != address).collect();
    let of_others = bans.iter().filter(|ban| single(&ban.banned).is_some_and(|own| own != *address));
    let jails: BTreeSet<String> = of_others.map(|ban| text::escaped(&ban.jail)).collect();
    let jails = jails.into_iter().collect::<Vec<_>>().join(", ");
    (!others.is_empty()).then_some(Neighbours { network, addresses: others.len(), jails })
}

fn single(banned: &Banned) -> Option<IpAddr> {
    match banned.target() {
        Some(Target::Address(address)) => Some(*address),
        _ => None,
    }
}

/// Of each jail that counts the bans of the others in fail2ban's own log (`config/filter.d/recidive.conf`), how many
/// more it waits for.
fn recidive(jails: &JailSummaries, bans: &[RecordedBan], now: Timestamp) -> Vec<String> {
    let counts = |jail: &&JailSummary| reads_own_log(jail);
    jails.jails.iter().filter(counts).filter_map(|jail| distance(jail, bans, now)).collect()
}

fn reads_own_log(jail: &JailSummary) -> bool {
    let Ok(status) = &jail.status else { return false };
    match &status.source {
        Ok(Source::Files(files)) => files.iter().any(|file| file.ends_with("/fail2ban.log")),
        Ok(Source::Journal(matches)) => matches.iter().any(|own| own.contains("fail2ban")),
        Err(_) => false,
    }
}

fn distance(jail: &JailSummary, bans: &[RecordedBan], now: Timestamp) -> Option<String> {
    let (Ok(Length::Seconds(within)), Ok(needed)) = (&jail.times.find_time, &jail.times.max_retry) else {
        return None;
    };
    let begin = now.as_second().saturating_sub_unsigned(*within);
    let own = |ban: &&RecordedBan| ban.jail == jail.name.as_str();
    if bans.iter().any(|ban| own(&ban) && ban.ending == Ending::Standing) {
        return None;
    }
    let counted = bans.iter().filter(|ban| !own(ban) && ban.since.as_second() >= begin).count();
    let (counted, needed) = (u64::try_from(counted).ok()?, u64::try_from(*needed).ok()?.max(1));
    Some(format!(
        "{} needs {} within {}. BanGUI has recorded {}.",
        jail.name,
        format::bans(needed, None),
        format::length(&Length::Seconds(*within)),
        format::bans(counted, None),
    ))
}
