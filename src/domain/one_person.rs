//! The part of an address that belongs to one person.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that one person has: an IPv6 network of /64, or an IPv4 address.
pub(crate) fn one_person(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
