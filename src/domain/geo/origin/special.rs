//! Ranges of addresses that no country has: the special-purpose registries of IANA (RFC 6890 and
//! its successors), multicast, and the parts of IPv6 that are not allocated. Ranges in those
//! registries that are open services of an organisation (AS112, AMT) are left to the country,
//! except for those of IPv6 inside `2001::/23`, which is all the IETF's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use strum::{IntoStaticStr, VariantArray};

/// The purpose of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Special {
    /// Inside a site: RFC 1918.
    Private,
    /// The machine itself.
    Loopback,
    /// On one wire only.
    LinkLocal,
    /// Inside a site, IPv6: RFC 4193.
    UniqueLocal,
    /// Between a provider and its customers: RFC 6598.
    Shared,
    /// For examples in texts.
    Documentation,
    /// For measurements of devices.
    Benchmarking,
    /// To a group of receivers.
    Multicast,
    /// To all on a wire.
    Broadcast,
    /// No address at all.
    Unspecified,
    /// "This network": RFC 791.
    ThisNetwork,
    /// For protocols of the IETF.
    Protocol,
    /// To be discarded: RFC 6666.
    Discard,
    /// An IPv4 address inside of an IPv6 address.
    Embedded,
    /// A tunnel through IPv4 (Teredo, 6to4).
    Tunnel,
    /// Not given out.
    Reserved,
}

/// Only a part of the network is special.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partly;

impl Special {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "Private network",
            Self::Loopback => "Loopback",
            Self::LinkLocal => "Link-local",
            Self::UniqueLocal => "Unique local",
            Self::Shared => "Carrier-grade NAT",
            Self::Documentation => "Documentation",
            Self::Benchmarking => "Benchmarking",
            Self::Multicast => "Multicast",
            Self::Broadcast => "Broadcast",
            Self::Unspecified => "Unspecified",
            Self::ThisNetwork => "This network",
            Self::Protocol => "IETF protocol",
            Self::Discard => "Discard-only",
            Self::Embedded => "IPv4 in IPv6",
            Self::Tunnel => "IPv6 tunnel",
            Self::Reserved => "Reserved",
        }
    }

    /// Returns the text for it in a URL.
    #[must_use]
    pub(crate) fn slug(self) -> &'static str {
        self.into()
    }

    /// Returns the special range that `address` lies in, if there is one.
    pub(crate) fn of_address(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => V4.iter().find(|(range, _)| range.contains(&address)).map(|found| found.1),
            IpAddr::V6(address) => V6.iter().find(|(range, _)| range.contains(&address)).map(|found| found.1),
        }
    }

    /// Returns the range that all of `network` lies in; `None` when nothing of it is special.
    pub(crate) fn of_network(network: IpNet) -> Result<Option<Self>, Partly> {
        let of_v4 = || V4.iter().map(|(range, special)| (IpNet::V4(*range), *special));
        let of_v6 = || V6.iter().map(|(range, special)| (IpNet::V6(*range), *special));
        // Inner ranges stand before outer ones, so the first that touches the network decides.
        let touches = |(range, _): &(IpNet, Self)| range.contains(&network) || network.contains(range);
        let first = match network {
            IpNet::V4(_) => of_v4().find(touches),
            IpNet::V6(_) => of_v6().find(touches),
        };
        match first {
            Some((range, special)) if range.contains(&network) => Ok(Some(special)),
            Some(_) => Err(Partly),
            None => Ok(None),
        }
    }
}

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// Makes a network from the first four groups of its address.
const fn v6(groups: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = groups;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// A range inside another one stands before it.
const V4: [(Ipv4Net, Special); 17] = [
    (v4([0, 0, 0, 0], 32), Special::Unspecified),
    (v4([0, 0, 0, 0], 8), Special::ThisNetwork),
    (v4([10, 0, 0, 0], 8), Special::Private),
    (v4([100, 64, 0, 0], 10), Special::Shared),
    (v4([127, 0, 0, 0], 8), Special::Loopback),
    (v4([169, 254, 0, 0], 16), Special::LinkLocal),
    (v4([172, 16, 0, 0], 12), Special::Private),
    (v4([192, 0, 0, 0], 24), Special::Protocol),
    (v4([192, 0, 2, 0], 24), Special::Documentation),
    (v4([192, 88, 99, 0], 24), Special::Tunnel),
    (v4([192, 168, 0, 0], 16), Special::Private),
    (v4([198, 18, 0, 0], 15), Special::Benchmarking),
    (v4([198, 51, 100, 0], 24), Special::Documentation),
    (v4([203, 0, 113, 0], 24), Special::Documentation),
    (v4([224, 0, 0, 0], 4), Special::Multicast),
    (v4([255, 255, 255, 255], 32), Special::Broadcast),
    (v4([240, 0, 0, 0], 4), Special::Reserved),
];

/// A range inside another one stands before it. Only `2000::/3` is given out.
const V6: [(Ipv6Net, Special); 34] = [
    (v6([0x2001, 0, 0, 0], 32), Special::Tunnel),
    (v6([0x2001, 2, 0, 0], 48), Special::Benchmarking),
    (v6([0x2001, 0, 0, 0], 23), Special::Protocol),
    (v6([0x2001, 0xdb8, 0, 0], 32), Special::Documentation),
    (v6([0x2002, 0, 0, 0], 16), Special::Tunnel),
    (v6([0x3fff, 0, 0, 0], 20), Special::Documentation),
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), Special::Unspecified),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), Special::Loopback),
    (Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), Special::Embedded),
    (v6([0x64, 0xff9b, 0, 0], 96), Special::Embedded),
    (v6([0x64, 0xff9b, 1, 0], 48), Special::Embedded),
    (v6([0x100, 0, 0, 0], 64), Special::Discard),
    (v6([0x100, 0, 0, 1], 64), Special::Discard),
    (v6([0x5f00, 0, 0, 0], 16), Special::Protocol),
    (v6([0xfc00, 0, 0, 0], 7), Special::UniqueLocal),
    (v6([0xfe80, 0, 0, 0], 10), Special::LinkLocal),
    (v6([0xff00, 0, 0, 0], 8), Special::Multicast),
    (v6([0, 0, 0, 0], 8), Special::Reserved),
    (v6([0x100, 0, 0, 0], 8), Special::Reserved),
    (v6([0x200, 0, 0, 0], 7), Special::Reserved),
    (v6([0x400, 0, 0, 0], 6), Special::Reserved),
    (v6([0x800, 0, 0, 0], 5), Special::Reserved),
    (v6([0x1000, 0, 0, 0], 4), Special::Reserved),
    (v6([0x4000, 0, 0, 0], 3), Special::Reserved),
    (v6([0x6000, 0, 0, 0], 3), Special::Reserved),
    (v6([0x8000, 0, 0, 0], 3), Special::Reserved),
    (v6([0xa000, 0, 0, 0], 3), Special::Reserved),
    (v6([0xc000, 0, 0, 0], 3), Special::Reserved),
    (v6([0xe000, 0, 0, 0], 4), Special::Reserved),
    (v6([0xf000, 0, 0, 0], 5), Special::Reserved),
    (v6([0xf800, 0, 0, 0], 6), Special::Reserved),
    (v6([0xfe00, 0, 0, 0], 9), Special::Reserved),
    (v6([0xfec0, 0, 0, 0], 10), Special::Reserved),
    (v6([0x3ffe, 0, 0, 0], 16), Special::Reserved),
];
