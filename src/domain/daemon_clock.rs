//! The clock by which fail2ban prints times, as far as it is known.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ban::{Ban, UnreadEntries};

/// The time zone in which fail2ban prints its ban lists. They do not name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonZone {
    /// `America/New_York`, a rule as `TZ` holds it, or an offset from UTC as `+05:30`.
    pub name: String,
    /// The source from which it is known.
    pub source: ZoneSource,
}

/// The source from which fail2ban's time zone is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoneSource {
    /// Its process has it. No ban was there to compare.
    Process,
    /// Its process has it, and bans whose time is known otherwise agree.
    ProcessAndBans,
    /// It is BanGUI's own: the process cannot be read, and bans whose time is known otherwise agree.
    OwnAndBans,
    /// Only the offset is known, from bans whose time is known otherwise.
    Bans {
        /// The zone of fail2ban's process, with which those bans do not agree.
        contradicts: Option<String>,
    },
}

/// The facts that are known of the daemon's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DaemonClock {
    /// Its time zone. Where it is `None`, times of its ban lists are taken as they are printed, as
    /// if they were UTC: they can be shown and compared with each other, and with nothing else.
    pub zone: Option<DaemonZone>,
    /// The time when its process started, to about a second.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional")]
    pub started: Option<Timestamp>,
}

/// A jail's ban list as far as it can be read, and the clock by which it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BanListing {
    pub bans: Vec<Ban>,
    /// The entries that are not of fail2ban's form.
    pub unread: UnreadEntries,
    /// The clock.
    pub clock: DaemonClock,
}
