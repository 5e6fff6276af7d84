//! The part of all addresses that several networks cover together: two halves are as much as the whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::address::{MAPPED, Target};

/// The shortest IPv4 prefix that is not yet very large.
const SHORTEST_V4: u8 = 8;
/// The shortest IPv6 prefix that is not yet very large.
const SHORTEST_V6: u8 = 19;

/// A network that is by so many bits smaller than a very large one is not looked at: it adds too little.
const SMALLER: u8 = 8;

/// The part of the addresses of one kind, IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Width {
    /// Little enough.
    Usual,
    /// At least a very large network. Holds the share, from 0 to 1.
    Large(f64),
    /// All of it.
    Everybody,
}

/// Returns how much `added` covers together with what is `present`. What adds little to it, or nothing, is usual.
#[must_use]
pub(crate) fn width(added: &[Target], present: &[Target]) -> Width {
    let v4 = width_of_kind(added, present, |network| matches!(network, IpNet::V4(_)));
    let v6 = width_of_kind(added, present, |network| matches!(network, IpNet::V6(_)));
    match (v4, v6) {
        (Width::Everybody, _) | (_, Width::Everybody) => Width::Everybody,
        (Width::Usual, other) | (other, _) => other,
    }
}

/// Returns true if `target` is large enough to matter among others.
pub(crate) fn matters(target: Target) -> bool {
    let network = network_of(target);
    network.prefix_len() < shortest(&network) + SMALLER
}

fn width_of_kind(added: &[Target], present: &[Target], is_kind: fn(&IpNet) -> bool) -> Width {
    let of_kind = |targets: &[Target]| -> Vec<IpNet> {
        targets.iter().map(|target| network_of(*target)).filter(is_kind).collect()
    };
    let mut all = of_kind(present);
    let before = IpNet::aggregate(&all);
    let new: Vec<IpNet> = added
        .iter()
        .filter(|target| matters(**target))
        .map(|target| network_of(*target))
        .filter(is_kind)
        .filter(|network| !before.iter().any(|known| known.contains(network)))
        .collect();
    let Some(shortest) = new.first().map(shortest) else { return Width::Usual };
    all.extend(new);
    let all = IpNet::aggregate(&all);
    if all.iter().any(|network| network.prefix_len() == 0) {
        return Width::Everybody;
    }
    let share: f64 = all.iter().map(|network| part(network.prefix_len())).sum();
    if share >= part(shortest - 1) { Width::Large(share) } else { Width::Usual }
}

/// The part that a network with a prefix of this length is of all addresses.
fn part(prefix: u8) -> f64 {
    0.5_f64.powi(i32::from(prefix))
}

/// Everything that `target` may stand for. fail2ban writes the network of all addresses as `0.0.0.0`
/// or `::` (`fail2ban/server/ipdns.py`, `ntoa`), and a network behind `::ffff:0:0/96` is one of IPv4.
pub(crate) fn network_of(target: Target) -> IpNet {
    match target {
        Target::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => IpNet::V4(Ipv4Net::default()),
        Target::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => IpNet::V6(Ipv6Net::default()),
        Target::Address(address) => address.into(),
        Target::Network(network) => mapped(&network).map_or(network, IpNet::V4),
    }
}

/// The network of IPv4 that `network` writes as one of IPv6.
fn mapped(network: &IpNet) -> Option<Ipv4Net> {
    let IpNet::V6(network) = network else { return None };
    let length = network.prefix_len().checked_sub(MAPPED)?;
    Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()
}

/// The shortest prefix of a network of this kind that is not yet very large.
pub(crate) fn shortest(network: &IpNet) -> u8 {
    match network {
        IpNet::V4(_) => SHORTEST_V4,
        IpNet::V6(_) => SHORTEST_V6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(added: &str, present: &str) -> Width {
        let read = |text: &str| -> Vec<Target> {
            let words = text.split_whitespace();
            words.map(|word| word.parse().unwrap_or_else(|e| unreachable!("{word}: {e}"))).collect()
        };
        width(&read(added), &read(present))
    }

    #[test]
    fn halves_are_the_whole_however_they_are_cut_and_whenever_they_came() {
        assert_eq!(of("0.0.0.0/1 128.0.0.0/1", ""), Width::Everybody);
        assert_eq!(of("128.0.0.0/1", "0.0.0.0/1"), Width::Everybody);
        assert_eq!(of("::/1 8000::/1", "203.0.113.7"), Width::Everybody);
        assert_eq!(of("128.0.0.0/2", "0.0.0.0/1 192.0.0.0/2"), Width::Everybody);
        assert_eq!(of("0.0.0.0/1", ""), Width::Large(0.5));
        assert_eq!(of("0.0.0.0/1", "8000::/1"), Width::Large(0.5), "the two kinds are apart");
    }

    #[test]
    fn many_smaller_networks_are_as_large_as_one() {
        assert_eq!(of("12.0.0.0/8", ""), Width::Usual);
        assert_eq!(of("12.0.0.0/8 13.0.0.0/8", ""), Width::Large(part(7)));
        assert_eq!(of("99.0.0.0/8", "12.0.0.0/8 13.0.0.0/8"), Width::Large(part(8) * 3.0));
        assert_eq!(of("2000::/19 2000:2000::/19", ""), Width::Large(part(18)));
    }

    #[test]
    fn what_adds_little_or_nothing_is_not_asked_about_again() {
        assert_eq!(of("203.0.113.0/24", "0.0.0.0/1"), Width::Usual);
        assert_eq!(of("12.0.0.0/8", "0.0.0.0/1"), Width::Usual, "it is covered");
        assert_eq!(of("203.0.113.7", "0.0.0.0/1 128.0.0.0/1"), Width::Usual);
        assert_eq!(of("203.0.113.7", "0.0.0.0"), Width::Usual, "it may be everybody already");
    }
}
