//! What the dashboard asks of the record of bans, and what it is told.

use std::net::IpAddr;

use jiff::Timestamp;

use super::address::Banned;
use super::geo::origin::Origin;
use super::history::{RecordGap, RecordedBan};

/// The part of the record that a dashboard shows. All times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverviewQuery {
    /// The bars of the chart: each begins at an edge and ends before the next. Whole hours.
    pub(crate) edges: Vec<i64>,
    /// The bar that everything else is narrowed to.
    pub(crate) bar: Option<usize>,
    pub(crate) jail: Option<String>,
    pub(crate) origin: Option<Origin>,
    /// True if the addresses of the newest bans are wanted.
    pub(crate) wants_addresses: bool,
    /// The begin of today, and now.
    pub(crate) today: (i64, i64),
    /// The same hours of yesterday.
    pub(crate) yesterday: (i64, i64),
    /// The same hours of this weekday in the weeks before.
    pub(crate) weekdays: Vec<(i64, i64)>,
}

impl OverviewQuery {
    /// The time of everything but the chart: all of its bars, or the chosen one.
    pub(crate) fn between(&self) -> (i64, i64) {
        let edge = |at: usize| self.edges.get(at).copied();
        let chosen = self.bar.and_then(|bar| Some((edge(bar)?, edge(bar + 1)?)));
        chosen.unwrap_or((
            self.edges.first().copied().unwrap_or_default(),
            self.edges.last().copied().unwrap_or_default(),
        ))
    }
}

/// Bans of today beside those of the same hours before. `None` where the record does not hold all of that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Today {
    pub bans: Option<u64>,
    pub yesterday: Option<u64>,
    /// The mean of the same weekday in the weeks before.
    pub weekday: Option<u64>,
}

/// A jail's bans of the last 24 hours beside its usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailRate {
    pub jail: String,
    pub last_day: u64,
    /// The mean of a day in the four weeks before, in tenths.
    pub usual_tenths: u64,
}

/// Bans in 24 hours from which more than usual stands out, and how many times the usual that is.
const MANY: u64 = 20;
const TIMES: u64 = 3;
/// The usual bans of a day, in tenths, from which a day without any stands out.
const REGULAR: u64 = 100;

impl JailRate {
    /// Returns true if it banned many times its usual.
    pub(crate) fn is_busy(&self) -> bool {
        self.last_day >= MANY && self.last_day * 10 >= TIMES * self.usual_tenths
    }

    /// Returns true if it banned nobody, though it usually does.
    pub(crate) fn is_quiet(&self) -> bool {
        self.last_day == 0 && self.usual_tenths >= REGULAR
    }
}

/// An entry that was banned several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returning {
    pub banned: Banned,
    pub bans: u64,
    /// Number of jails that banned it.
    pub jails: u64,
}

/// What the record holds of a time, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Overview {
    /// Of each bar the jails and their bans, the jails in the order of `jails`.
    pub bars: Vec<Vec<(usize, u64)>>,
    /// Every jail with bans and their number, most bans first. The chosen jail hides no other.
    pub jails: Vec<(String, u64)>,
    /// Every origin with bans and their number, most bans first. The chosen country hides no other.
    pub origins: Vec<(Origin, u64)>,
    /// Number of bans that match.
    pub bans: u64,
    /// Entries that were banned most often, the most frequent first.
    pub returning: Vec<Returning>,
    /// Number of bans that were looked at for those, where there are more.
    pub looked_at: Option<usize>,
    /// The addresses of the newest bans, each as often as it was banned, where they are wanted.
    pub addresses: Vec<IpAddr>,
    /// The newest bans.
    pub latest: Vec<RecordedBan>,
    pub today: Today,
    pub rates: Vec<JailRate>,
    /// Times of the chart in which bans may be missing, the newest first.
    pub gaps: Vec<RecordGap>,
    /// The time of the oldest ban of the record.
    pub begins: Option<Timestamp>,
}
