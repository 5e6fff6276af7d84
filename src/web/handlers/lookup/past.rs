//! The past of an address or a network as BanGUI's record tells it, drawn as a line in time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::address::{Banned, Target};
use crate::domain::history::{Ending, HistoryQuery, RecordedBan};
use crate::domain::neighbours::{Distance, Neighbours, neighbourhood};
use crate::domain::text;
use crate::domain::traces::{LogTraces, LoggedFailure};
use crate::history::HistoryError;
use crate::jail_service::MaxAge;
use crate::web::state::State;
use crate::web::view::messages::history as words;
use crate::web::view::page::Page;
use crate::web::view::running::Running;
use crate::web::view::{format, percent};

const YEAR: i64 = 365 * 24 * 60 * 60;
/// Number of bans that are drawn.
const DRAWN: usize = 300;
/// Characters of a jail's name that are shown.
const LONGEST_NAME: usize = 100;
/// Seconds within which one failure after another is one mark.
const TOGETHER: i64 = 10 * 60;
/// The shortest bar, in hundredths of a percent, so that a short ban of a long time can be seen.
const SHORTEST: u64 = 60;

/// What the record tells.
pub(super) struct Past {
    pub(super) lanes: Vec<Lane>,
    /// The starts of fail2ban.
    pub(super) starts: Vec<Moment>,
    /// The time since which fail2ban's log tells of failures and starts; `None` where it cannot be read.
    pub(super) logged_since: Option<Timestamp>,
    /// When the line begins.
    pub(super) begins: Timestamp,
    /// True if there are more bans than are drawn.
    pub(super) is_cut: bool,
    /// True if there are older failures than those that are drawn.
    pub(super) has_older_failures: bool,
    pub(super) neighbours: Option<Neighbours>,
    pub(super) distances: Vec<Distance>,
}

/// What one jail found and did.
pub(super) struct Lane {
    pub(super) jail: String,
    pub(super) bans: Vec<Stretch>,
    pub(super) failures: Vec<Failures>,
    /// Number of failures.
    pub(super) failed: usize,
}

/// Something that happened, on the line. Its place in percent.
pub(super) struct Moment {
    pub(super) x: String,
    pub(super) title: String,
}

/// Failures that came one soon after the other. Places in percent.
pub(super) struct Failures {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) title: String,
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
    /// The same, and fail2ban's log, which may tell of failures, cannot be read.
    NothingWithoutLog,
    Past(Past),
    /// The record cannot be read; the log says why.
    Unread,
}

impl Told {
    /// Reads what the record tells of `asked`.
    pub(super) async fn load(asked: &Banned, page: &Page, state: &State) -> Self {
        match load(asked, page, state).await {
            Ok(told) => told,
            Err(HistoryError::Absent(_)) => Self::Nothing,
            Err(error) => {
                tracing::error!(%error, "the past of an address cannot be read");
                Self::Unread
            }
        }
    }
}

async fn load(asked: &Banned, page: &Page, state: &State) -> Result<Told, HistoryError> {
    let (now, running) = (page.now, Running::read(page, state).await);
    let (bans, is_cut) = rows(asked, None, state, now).await?;
    let neighbours = match asked.target() {
        Some(Target::Address(address)) => match neighbourhood(*address) {
            Some(network) => {
                let around = Banned::Target(Target::Network(network));
                let (mut bans, _) = rows(&around, Some(Ending::Standing), state, now).await?;
                bans.retain(|ban| !running.blocks_nothing(ban));
                Neighbours::among(&bans, *address, network)
            }
            None => None,
        },
        Some(Target::Network(_)) | None => None,
    };
    let mut traces = traces(asked, state).await;
    // A line whose time lies ahead, as after a clock was set back, does not tell when it happened.
    traces.failures.retain(|failure| failure.at <= now);
    if bans.is_empty() && neighbours.is_none() && traces.failures.is_empty() {
        return Ok(if traces.begins.is_some() { Told::Nothing } else { Told::NothingWithoutLog });
    }
    let distances = match state.jails.jails(MaxAge::of_this_minute()).await {
        Ok(jails) => jails.jails.iter().filter_map(|jail| Distance::from(jail, &bans, now)).collect(),
        // The page itself says that fail2ban does not answer.
        Err(error) => {
            tracing::debug!(%error, "how far an address is from recidive is not known");
            Vec::new()
        }
    };
    let first =
        bans.iter().map(|ban| ban.since).chain(traces.failures.iter().map(|failure| failure.at)).min();
    let line = Line::new(first.unwrap_or(now), now);
    Ok(Told::Past(Past {
        lanes: lanes(&bans, &traces.failures, &line, &running),
        starts: line.starts(&traces.starts),
        logged_since: traces.begins.and_then(|begins| Timestamp::from_second(begins).ok()),
        begins: line.begins,
        is_cut,
        has_older_failures: traces.is_cut,
        neighbours,
        distances,
    }))
}

/// What fail2ban's log tells; nothing where it cannot be asked, as the page itself says then.
async fn traces(asked: &Banned, state: &State) -> LogTraces {
    let told = state.jails.log_traces(asked).await;
    told.unwrap_or_else(|error| {
        tracing::warn!(%error, "fail2ban's log cannot be asked about an address");
        LogTraces::default()
    })
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

/// The line in time.
struct Line {
    begins: Timestamp,
    now: Timestamp,
    /// Its length in seconds.
    whole: u64,
}

impl Line {
    fn new(begins: Timestamp, now: Timestamp) -> Self {
        Self { begins, now, whole: seconds(begins, now).max(1) }
    }

    /// The place of a time, so that the shortest bar fits behind it.
    fn place(&self, at: Timestamp) -> u64 {
        seconds(self.begins, at).min(self.whole.saturating_sub(self.shortest()))
    }

    fn shortest(&self) -> u64 {
        self.whole * SHORTEST / 10_000
    }

    fn moment(&self, at: Timestamp, title: String) -> Moment {
        Moment { x: percent::of(self.place(at), self.whole), title }
    }

    fn failures(&self, first: Timestamp, last: Timestamp, number: usize) -> Failures {
        let place = |at| percent::of(self.place(at), self.whole);
        Failures { first: place(first), last: place(last), title: words::found(first, last, number) }
    }

    /// The starts since the first event. That of the same second came before it: a fail2ban that does not
    /// run bans nobody.
    fn starts(&self, starts: &[i64]) -> Vec<Moment> {
        let starts = starts.iter().filter_map(|start| Timestamp::from_second(*start).ok());
        let seen = starts.filter(|start| *start > self.begins && *start <= self.now);
        seen.map(|start| self.moment(start, words::started(start))).collect()
    }

    fn stretch(&self, ban: &RecordedBan, running: &Running) -> Stretch {
        let end = match (ban.ends.filter(|end| *end < self.now), ban.ending) {
            (Some(end), _) => end,
            (None, Ending::Standing) => self.now,
            // It is not known when.
            (None, _) => ban.since,
        };
        let start = self.place(ban.since);
        let width = seconds(ban.since, end).max(self.shortest()).min(self.whole - start);
        Stretch {
            x: percent::of(start, self.whole),
            width: percent::of(width, self.whole),
            ending: ban.ending,
            title: title(ban, running),
        }
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
}

/// What each jail found and did.
fn lanes(bans: &[RecordedBan], failures: &[LoggedFailure], axis: &Line, running: &Running) -> Vec<Lane> {
    let mut lanes: BTreeMap<&str, (Vec<Stretch>, Vec<Timestamp>)> = BTreeMap::new();
    for ban in bans {
        lanes.entry(&ban.jail).or_default().0.push(axis.stretch(ban, running));
    }
    for failure in failures {
        lanes.entry(&failure.jail).or_default().1.push(failure.at);
    }
    let drawn = |(jail, (bans, failures)): (&str, (Vec<Stretch>, Vec<Timestamp>))| Lane {
        // Whoever writes into fail2ban's log could name it as they like.
        jail: text::escaped(&text::truncate(jail, LONGEST_NAME)),
        bans,
        failed: failures.len(),
        failures: together(failures)
            .into_iter()
            .map(|(first, last, number)| axis.failures(first, last, number))
            .collect(),
    };
    lanes.into_iter().map(drawn).collect()
}

/// The first and the last of those that came one soon after the other, and their number.
fn together(mut times: Vec<Timestamp>) -> Vec<(Timestamp, Timestamp, usize)> {
    times.sort();
    times
        .chunk_by(|before, after| after.as_second() - before.as_second() <= TOGETHER)
        .filter_map(|group| Some((*group.first()?, *group.last()?, group.len())))
        .collect()
}

fn title(ban: &RecordedBan, running: &Running) -> String {
    let length =
        ban.length.as_ref().map(|length| format!(" {}", format::lasting(length))).unwrap_or_default();
    format!(
        "{}: banned{length}, {}",
        format::stamp(&ban.since),
        words::stands_or_ended(ban, running.blocks_nothing(ban))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_shown_only_if_something_came_before_it() -> Result<(), jiff::Error> {
        let line = Line::new(Timestamp::from_second(100)?, Timestamp::from_second(200)?);
        let shown = line.starts(&[99, 100, 101, 200, 201]);
        assert_eq!(shown.iter().map(|start| start.x.as_str()).collect::<Vec<_>>(), ["1.00%", "100.00%"]);
        Ok(())
    }
}
