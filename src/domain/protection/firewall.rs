//! What the firewall holds of a jail's bans.

use serde::{Deserialize, Serialize};

use crate::domain::address::Target;
use crate::domain::jail::JailName;

/// A family of addresses, as fail2ban tells them apart for its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address or a network.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        match target {
            Target::Address(address) if address.is_ipv4() => Self::V4,
            Target::Network(ipnet::IpNet::V4(_)) => Self::V4,
            Target::Address(_) | Target::Network(_) => Self::V6,
        }
    }
}

/// The place where an action puts the addresses that it blocks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// A set of nftables.
    NftSet {
        /// Family of its table, as `inet`.
        family: String,
        /// Its table.
        table: String,
        /// Its name.
        set: String,
    },
    /// The rules of firewalld in nftables, each of which names an address.
    FirewalldRules,
    /// A chain of iptables or ip6tables, with a rule for each address.
    Chain {
        /// The family whose rules it has.
        family: Family,
        /// Its name.
        chain: String,
    },
    /// A set of ipset.
    IpSet {
        /// Its name.
        set: String,
    },
    /// The routes, each of which leads nowhere.
    Routes,
}

impl Place {
    /// Returns true where all of `targets` are networks, and the place is a set of nftables: before 1.1.1 fail2ban makes
    /// it without intervals, so that it takes addresses alone (`nftables.conf`).
    #[must_use]
    pub fn refuses_all(&self, targets: &[Target]) -> bool {
        let are_networks = targets.iter().all(|target| matches!(target, Target::Network(_)));
        are_networks && matches!(self, Self::NftSet { .. })
    }
}

/// Some of many addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The number of all.
    pub count: usize,
    /// The first of them.
    pub first: Vec<Target>,
}

impl Sample {
    /// The most addresses that are named.
    pub const MOST: usize = 20;

    /// A sample of `all`.
    #[must_use]
    pub fn of(mut all: Vec<Target>) -> Self {
        all.sort_unstable();
        let count = all.len();
        all.truncate(Self::MOST);
        Self { count, first: all }
    }
}

/// Something that was found where an action of a jail blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// Bans that the place does not hold.
    Missing(Sample),
    /// Addresses that the place holds and no jail that uses it bans.
    LeftOver(Sample),
    /// The place does not exist though addresses are banned; their number.
    NoPlace(usize),
    /// No packet ever gets to the place.
    NotHooked,
    /// A rule before it lets packets through that it should stop. Holds the rule.
    AcceptedBefore(String),
    /// The action knows only IPv4, so that these bans block nothing; their number.
    Ipv4Only(usize),
    /// Nobody listens on any of the ports that are blocked.
    NobodyListens(Vec<u16>),
    /// Docker passes these ports to containers, around the chain.
    Published(Vec<u16>),
}

/// Reason why the firewall could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotLooked {
    /// BanGUI does not know what the action does.
    UnknownAction,
    /// The action only tells somebody; it blocks nobody.
    OnlyReports,
    /// fail2ban runs in another network than BanGUI, as in a container.
    OtherNetwork,
    /// It is not known in which network fail2ban runs.
    UnknownNetwork,
    /// A program did not tell; with its reason.
    Program {
        /// Its name.
        program: String,
        /// Its words or the system's.
        reason: String,
    },
    /// fail2ban did not tell what the action does or whom the jail bans.
    Unread,
}

/// What was found of one action in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceLook {
    /// Name of the action.
    pub action: String,
    /// The place.
    pub place: Place,
    /// The number of bans that belong there.
    pub bans: usize,
    /// The number of those that it holds.
    pub held: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// What was found of one jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailFirewall {
    /// The jail.
    pub jail: JailName,
    /// True if it is known of some action where it blocks. Actions make the place with the first ban.
    pub has_known_place: bool,
    /// The places of its actions, of those that there are.
    pub places: Vec<PlaceLook>,
    /// The actions that could not be looked at, each with the reason.
    pub not_looked: Vec<(String, NotLooked)>,
}
