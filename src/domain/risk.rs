//! Risks of locking somebody out: a ban that reaches too far, or the end of an exception from bans.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::address::{MAPPED, Target};
use super::coverage::{self, Width, network_of, shortest};

/// The addresses by which every machine talks to itself.
pub const OWN: [Target; 2] =
    [Target::Network(IpNet::V4(LOOPBACK_V4)), Target::Address(IpAddr::V6(Ipv6Addr::LOCALHOST))];

const LOOPBACK_V4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
/// The same networks, also with those of IPv4 in their IPv6 form.
const LOOPBACK: [IpNet; 3] = [
    IpNet::V4(LOOPBACK_V4),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    IpNet::V6(Ipv6Net::new_assert(Ipv4Addr::new(127, 0, 0, 0).to_ipv6_mapped(), MAPPED + 8)),
];

/// Reason why it is dangerous to ban an address or network, or to ignore it no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is, or contains, this address, from which somebody asks for it.
    Client(IpAddr),
    /// It is, or contains, an address by which the machine talks to itself.
    Loopback,
    /// It is a very large network: shorter than /8, or than /19 for IPv6.
    Large,
    /// It is a part of so many that they are as much together.
    LargeTogether,
}

/// An address or network that should not be banned, or ignored no longer, without a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Risk {
    /// The address or network that was named.
    pub target: Target,
    /// The reasons why it is dangerous: one at least.
    pub(crate) reasons: Vec<Reason>,
}

impl Risk {
    /// Returns the risk that `target` carries for a client at `client`, if it carries one.
    ///
    /// Only addresses are judged. Other entries of an ignore list (a host name, a file) must be
    /// turned into their addresses first, or cannot be judged.
    #[must_use]
    ///
    /// `among` are all the targets that are named at once.
    pub(crate) fn of_target(target: Target, client: Option<IpAddr>, among: Together) -> Option<Self> {
        let network = network_of(target);
        let mut reasons = Vec::new();
        reasons.extend(
            client
                .map(|client| client.to_canonical())
                .filter(|client| network.contains(client))
                .map(Reason::Client),
        );
        if LOOPBACK.iter().any(|loopback| network.contains(loopback) || loopback.contains(&network)) {
            reasons.push(Reason::Loopback);
        }
        if network.prefix_len() < shortest(&network) {
            reasons.push(Reason::Large);
        } else if among.is_large && coverage::matters(target) {
            reasons.push(Reason::LargeTogether);
        }
        if reasons.is_empty() { None } else { Some(Self { target, reasons }) }
    }
}

/// Returns the risks that `targets` carry for a client at `client`, in their order.
#[must_use]
pub(crate) fn risks(targets: &[Target], client: Option<IpAddr>) -> Vec<Risk> {
    let together = Together::of(targets);
    targets.iter().filter_map(|target| Risk::of_target(*target, client, together)).collect()
}

/// Risk of several targets together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Together {
    is_large: bool,
}

impl Together {
    /// Returns the risk of `targets` together.
    pub(crate) fn of(targets: &[Target]) -> Self {
        Self { is_large: coverage::width(targets, &[]) != Width::Usual }
    }
}

#[cfg(test)]
mod tests {
    use super::Reason::{Client, Large, LargeTogether, Loopback};
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap_or_else(|e| unreachable!("{text}: {e}"))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|e| unreachable!("{text}: {e}"))
    }

    /// Returns the reasons against `text` for a client at `client`.
    fn against(text: &str, client: Option<&str>) -> Vec<Reason> {
        Risk::of_target(target(text), client.map(address), Together::default())
            .map_or(Vec::new(), |risk| risk.reasons)
    }

    #[test]
    fn a_very_large_network_is_shorter_than_8_or_19() {
        for (text, is_large) in [
            ("8.0.0.0/7", true),
            ("9.0.0.0/8", false),
            ("9.0.0.0/9", false),
            ("2000::/18", true),
            ("2000::/19", false),
            ("2000::/20", false),
            ("203.0.113.7", false),
            ("2001:db8::7", false),
            ("::ffff:8.0.0.0/103", true),
            ("::ffff:9.0.0.0/104", false),
        ] {
            let expected = if is_large { vec![Large] } else { Vec::new() };
            assert_eq!(against(text, Some("203.0.113.200")), expected, "{text}");
        }
    }

    #[test]
    fn loopback_is_found_in_every_way_to_write_it() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "127.0.0.0/8",
            "127.4.0.0/16",
            "::1",
            "::/64",
            "::1/127",
            "::ffff:127.0.0.1",
            "::ffff:127.0.0.0/104",
            "::ffff:127.3.0.0/120",
            "::ffff:0:0/80",
        ] {
            assert_eq!(against(text, None), [Loopback], "{text}");
        }
        for text in ["126.255.255.255", "128.0.0.0/8", "::2", "::2/127", "::ffff:128.0.0.0/104"] {
            assert_eq!(against(text, None), [], "{text}");
        }
    }

    #[test]
    fn the_networks_of_all_addresses_carry_every_risk() {
        for text in ["0.0.0.0/0", "0.0.0.0", "::ffff:0:0/96"] {
            assert_eq!(against(text, Some("203.0.113.7")), [Client(address("203.0.113.7")), Loopback, Large]);
            assert_eq!(against(text, Some("2001:db8::7")), [Loopback, Large], "{text}");
        }
        for text in ["::/0", "::"] {
            assert_eq!(against(text, Some("2001:db8::7")), [Client(address("2001:db8::7")), Loopback, Large]);
            assert_eq!(against(text, Some("203.0.113.7")), [Loopback, Large], "{text}");
        }
    }

    #[test]
    fn the_address_one_comes_from_is_found_however_it_arrives() {
        let own = || vec![Client(address("203.0.113.7"))];
        for text in ["203.0.113.7", "203.0.113.0/24", "::ffff:203.0.113.7", "::ffff:203.0.113.0/120"] {
            for client in ["203.0.113.7", "::ffff:203.0.113.7"] {
                assert_eq!(against(text, Some(client)), own(), "{text} from {client}");
            }
            assert_eq!(against(text, None), [], "{text}");
        }
        assert_eq!(against("203.0.113.8", Some("203.0.113.7")), []);
        assert_eq!(against("2001:db8::/32", Some("2001:db8::7")), [Client(address("2001:db8::7"))]);
    }

    #[test]
    fn of_several_each_dangerous_one_is_named_with_its_own_reasons() {
        let targets = ["198.51.100.1", "::1", "0.0.0.0/1", "203.0.113.0/24"].map(target);
        let found = risks(&targets, Some(address("203.0.113.7")));
        let named: Vec<(String, Vec<Reason>)> =
            found.into_iter().map(|risk| (risk.target.to_string(), risk.reasons)).collect();
        let expected = [
            ("::1".to_owned(), vec![Loopback]),
            ("0.0.0.0/1".to_owned(), vec![Loopback, Large]),
            ("203.0.113.0/24".to_owned(), vec![Client(address("203.0.113.7"))]),
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn several_that_are_very_large_together_are_each_dangerous() {
        let targets = ["12.0.0.0/8", "13.0.0.0/8", "198.51.100.0/24"].map(target);
        let found = risks(&targets, None);
        let named: Vec<_> = found.iter().map(|risk| (risk.target, risk.reasons.clone())).collect();
        assert_eq!(named, [(targets[0], vec![LargeTogether]), (targets[1], vec![LargeTogether])]);
        assert_eq!(risks(&targets[1..], None), []);
    }
}
