//! BanGUI's own record of bans, a question to it, and a page of its answer.

use jiff::Timestamp;
use strum::{AsRefStr, Display, EnumString, VariantArray};

use super::address::Banned;
use super::ban::order::Direction;
use super::geo::origin::Origin;
use super::jail::Length;

/// Limits of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HistoryLimits {
    /// The age of the oldest bans in days; 0 where nothing is recorded.
    pub(crate) days: u32,
    /// The size of the file in MiB.
    pub(crate) megabytes: u32,
}

/// How a ban ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsRefStr, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Ending {
    /// It has not.
    Standing,
    /// By itself, when its time was over.
    RanOut,
    /// Somebody lifted it before.
    Lifted,
    /// It has ended, and how is not known.
    Unknown,
}

/// The key that the record is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum HistorySort {
    Ip,
    Country,
    /// By the time of the ban.
    Banned,
    /// By the time of the end.
    Expires,
    /// By how it ended.
    Ended,
    Jail,
    Length,
    /// By which ban of its address it was.
    Number,
}

impl HistorySort {
    /// The direction of the first click: what is the most or the newest of figures comes first.
    pub(crate) fn usual(self) -> Direction {
        match self {
            Self::Banned | Self::Length | Self::Number => Direction::Descending,
            Self::Ip | Self::Country | Self::Expires | Self::Ended | Self::Jail => Direction::Ascending,
        }
    }
}

/// A ban that is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedBan {
    /// The jail by its name; there need not be such a jail any more.
    pub jail: String,
    pub banned: Banned,
    pub since: Timestamp,
    /// `None` where it is not known.
    pub length: Option<Length>,
    /// Ordinal of the ban among those of this address in this jail, as fail2ban counts. `None` where it is not known.
    pub count: Option<u64>,
    pub origin: Origin,
    pub ending: Ending,
    /// The time of the end: of one that stands the time when it will run out. `None` where there is none, or it is not
    /// known.
    pub ends: Option<Timestamp>,
    /// The account that lifted it here.
    pub by: Option<String>,
}

/// A time in which bans may have come and gone without being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordGap {
    pub since: Timestamp,
    pub until: Timestamp,
}

/// The part of the record that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryQuery {
    /// Seconds since 1970: bans that began from the first to before the second.
    pub(crate) between: (i64, i64),
    pub(crate) jail: Option<String>,
    pub(crate) origin: Option<Origin>,
    /// An entry as it was banned, or for a network everything inside it.
    pub(crate) entry: Option<Banned>,
    pub(crate) ending: Option<Ending>,
    pub(crate) sort: HistorySort,
    pub(crate) direction: Direction,
    /// The second at which the window begins, which is the newest one of it unless the oldest bans come first. `None`
    /// for the first window.
    pub(crate) at: Option<i64>,
    /// The page, from 1.
    pub(crate) page: usize,
    /// Rows a page, at least 1.
    pub(crate) per_page: usize,
}

impl HistoryQuery {
    /// All bans that began between those seconds, the newest first.
    pub(crate) fn newest(between: (i64, i64)) -> Self {
        Self {
            between,
            jail: None,
            origin: None,
            entry: None,
            ending: None,
            sort: HistorySort::Banned,
            direction: Direction::Descending,
            at: None,
            page: 1,
            per_page: 1,
        }
    }

    /// Returns true if bans of its time and its jail are left out.
    pub(crate) fn is_filtered(&self) -> bool {
        self.origin.is_some() || self.entry.is_some() || self.ending.is_some()
    }

    /// Returns true if the oldest bans come first.
    pub(crate) fn is_oldest_first(&self) -> bool {
        self.sort == HistorySort::Banned && self.direction == Direction::Ascending
    }
}

/// A page of the record. It is one of a window of bans: no more are looked at for one request, however many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct HistoryPage {
    pub bans: Vec<RecordedBan>,
    /// The number of this page, from 1. The last one where a later one was asked for.
    pub page: usize,
    /// Number of pages of the window, at least 1.
    pub pages: usize,
    /// Number of bans of the window that match.
    pub matching: usize,
    /// Number of bans that began in the time and the jail that are asked for, in the window or not.
    pub all: u64,
    /// The second at which the next window begins, where there is one.
    pub next: Option<i64>,
    /// The gaps in the time that is asked for, the newest first.
    pub gaps: Vec<RecordGap>,
    /// The time of the oldest ban of the record.
    pub begins: Option<Timestamp>,
    /// The jails that the record names.
    pub jails: Vec<String>,
}
