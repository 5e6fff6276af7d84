//! The addresses and networks that a place holds.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use crate::domain::address::Target;

/// The entries of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    exact: HashSet<Target>,
    /// Few, and each may hold many addresses.
    networks: Vec<Target>,
}

impl Entries {
    /// Adds an address or a network as a program prints it. Returns false where it is neither.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        // A network with an address beside it, as `nomatch` of ipset, is not one that blocks.
        let Ok(target) = text.parse::<Target>() else { return false };
        self.add_target(target);
        true
    }

    /// Adds each network of the addresses from `first` to `last`.
    pub(crate) fn add_range(&mut self, first: IpAddr, last: IpAddr) {
        let networks: Vec<IpNet> = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
            }
            _ => Vec::new(),
        };
        for network in networks {
            let is_address = network.prefix_len() == network.max_prefix_len();
            self.add_target(if is_address { network.addr().into() } else { Target::Network(network) });
        }
    }

    fn add_target(&mut self, target: Target) {
        if matches!(target, Target::Network(_)) {
            self.networks.push(target);
        }
        self.exact.insert(target);
    }

    /// Returns true if every address of `target` is blocked.
    pub(crate) fn hold(&self, target: &Target) -> bool {
        self.exact.contains(target) || self.networks.iter().any(|network| network.covers(target))
    }

    /// The entries that are none of `bans` and cover none of them: a set of nftables may hold two neighbours as
    /// one network.
    pub(crate) fn beyond(&self, bans: &HashSet<Target>) -> Vec<Target> {
        let is_own = |entry: &&Target| {
            bans.contains(*entry)
                || matches!(entry, Target::Network(_)) && bans.iter().any(|ban| entry.covers(ban))
                || bans.iter().any(|ban| matches!(ban, Target::Network(_)) && ban.covers(entry))
        };
        let networks = bans.iter().any(|ban| matches!(ban, Target::Network(_)));
        // Each against each only where there are networks: most jails have none.
        self.exact
            .iter()
            .filter(|entry| !bans.contains(*entry))
            .filter(|entry| !(networks || matches!(entry, Target::Network(_))) || !is_own(entry))
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_ban_is_held_by_itself_by_a_network_and_by_a_range() -> TestResult {
        let mut entries = Entries::default();
        assert!(entries.add("203.0.113.7") && entries.add("198.51.100.0/24") && !entries.add("everything"));
        entries.add_range("192.0.2.4".parse()?, "192.0.2.6".parse()?);
        for held in ["203.0.113.7", "198.51.100.9", "198.51.100.0/25", "192.0.2.5", "192.0.2.6"] {
            assert!(entries.hold(&held.parse()?), "{held}");
        }
        for missing in ["203.0.113.8", "203.0.113.0/24", "192.0.2.7", "2001:db8::1"] {
            assert!(!entries.hold(&missing.parse()?), "{missing}");
        }
        let bans = ["203.0.113.7", "192.0.2.4", "192.0.2.5", "192.0.2.6"];
        let bans = bans.iter().map(|ban| ban.parse()).collect::<Result<_, _>>()?;
        assert_eq!(entries.beyond(&bans), ["198.51.100.0/24".parse()?]);
        Ok(())
    }
}
