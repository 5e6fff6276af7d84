//! The orders in which bans are shown.

use strum::{Display, EnumString};

/// The key that a ban list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Sort {
    /// By address, IPv4 before IPv6, in numeric order; plain text last.
    Ip,
    /// By the time of the ban.
    Banned,
    /// By the time it ends; permanent ones count as ending last.
    Expires,
    /// By the name of the country; bans without one come last.
    Country,
}

/// The direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
pub(crate) enum Direction {
    /// Smallest or oldest first.
    #[strum(serialize = "asc")]
    Ascending,
    /// Greatest or newest first.
    #[strum(serialize = "desc")]
    Descending,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}
