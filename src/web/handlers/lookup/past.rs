//! The past of an address or a network as BanGUI's record tells it, drawn as a line in time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::history::{Ending, HistoryQuery, RecordedBan};
use crate::domain::neighbours::{Distance, Neighbours, neighbourhood};
use crate::domain::text;
use crate::history::HistoryError;
use crate::jail_service::MaxAge;
use crate::web::state::State;
use crate::web::view::messages::history as words;
use crate::web::view::{format, percent};

const YEAR: i64 = 365 * 24 * 60 * 60;
/// Number of bans that are drawn.
const DRAWN: usize = 300;
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
    pub(super) distances: Vec<Distance>,
}

/// A ban on the line. Places in percent.
pub(super) struct Stretch {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) ending: Ending,
    pub(super) title: String,
}

/// What of the past can be shown.
pub(super) enum Told {
    /// Nothing is recorded of it.
    Nothing,
    Past(Past),
    /// The record cannot be read; the log says why.
    Unread,
}

impl Told {
    /// Reads what the record tells of `asked`.
    pub(super) async fn load(asked: &Banned, state: &State, now: Timestamp) -> Self {
        match load(asked, state, now).await {
            Ok(Some(past)) => Self::Past(past),
            Ok(None) | Err(HistoryError::Absent(_)) => Self::Nothing,
            Err(error) => {
                tracing::error!(%error, "the past of an address cannot be read");
                Self::Unread
            }
        }
    }
}

async fn load(asked: &Banned, state: &State, now: Timestamp) -> Result<Option<Past>, HistoryError> {
    let (bans, is_cut) = rows(asked, None, state, now).await?;
    let neighbours = match asked.target() {
        Some(Target::Address(address)) => match neighbourhood(*address) {
            Some(network) => {
                let around = Banned::Target(Target::Network(network));
                let (bans, _) = rows(&around, Some(Ending::Standing), state, now).await?;
                Neighbours::among(&bans, *address, network)
            }
            None => None,
        },
        Some(Target::Network(_)) | None => None,
    };
    if bans.is_empty() && neighbours.is_none() {
        return Ok(None);
    }
    let distances = match state.jails.jails(MaxAge::of_this_minute()).await {
        Ok(jails) => jails.jails.iter().filter_map(|jail| Distance::from(jail, &bans, now)).collect(),
        // The page itself says that fail2ban does not answer.
        Err(error) => {
            tracing::debug!(%error, "how far an address is from recidive is not known");
            Vec::new()
        }
    };
    let begins = bans.iter().map(|ban| ban.since).min().unwrap_or(now);
    Ok(Some(Past { lanes: lanes(&bans, begins, now), begins, is_cut, neighbours, distances }))
}

/// The newest bans of an entry, or inside a network, within a year; true if there are more.
async fn rows(
    entry: &Banned,
    ending: Option<Ending>,
    state: &State,
    now: Timestamp,
) -> Result<(Vec<RecordedBan>, bool), HistoryError> {
    let between = (now.as_second() - YEAR, now.as_second() + 1);
    let query = HistoryQuery { entry: Some(entry.clone()), ending, ..HistoryQuery::newest(between) };
    let (bans, next) = state.history.rows(query, DRAWN).await?;
    Ok((bans, next.is_some()))
}

fn lanes(bans: &[RecordedBan], begins: Timestamp, now: Timestamp) -> Vec<(String, Vec<Stretch>)> {
    let seconds =
        |from: Timestamp, to: Timestamp| u64::try_from(to.as_second() - from.as_second()).unwrap_or(0);
    let whole = seconds(begins, now).max(1);
    let shortest = whole * SHORTEST / 10_000;
    let mut lanes: BTreeMap<&str, Vec<Stretch>> = BTreeMap::new();
    for ban in bans {
        let end = match (ban.ends.filter(|end| *end < now), ban.ending) {
            (Some(end), _) => end,
            (None, Ending::Standing) => now,
            // It is not known when.
            (None, _) => ban.since,
        };
        let start = seconds(begins, ban.since).min(whole.saturating_sub(shortest));
        let width = seconds(ban.since, end).max(shortest).min(whole - start);
        lanes.entry(&ban.jail).or_default().push(Stretch {
            x: percent::of(start, whole),
            width: percent::of(width, whole),
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
