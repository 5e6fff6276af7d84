//! Addresses in sample log lines. They only stand in a log; nobody contacts them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

/// The first two octets of well-known providers' networks, by country.
const IPV4: &[(&str, [u8; 2])] = &[
    ("AR", [181, 0]),
    ("AU", [1, 120]),
    ("BG", [85, 130]),
    ("BR", [177, 54]),
    ("CA", [24, 48]),
    ("CL", [190, 160]),
    ("CN", [218, 92]),
    ("CN", [222, 186]),
    ("CO", [186, 80]),
    ("CZ", [90, 176]),
    ("DE", [88, 198]),
    ("DE", [91, 10]),
    ("EG", [41, 32]),
    ("ES", [80, 24]),
    ("FR", [51, 38]),
    ("FR", [90, 0]),
    ("GB", [86, 128]),
    ("GR", [79, 128]),
    ("HK", [119, 236]),
    ("ID", [36, 64]),
    ("IL", [79, 176]),
    ("IN", [117, 192]),
    ("IR", [2, 176]),
    ("IT", [79, 0]),
    ("JP", [126, 0]),
    ("KE", [105, 160]),
    ("KR", [121, 128]),
    ("MA", [41, 248]),
    ("MX", [187, 128]),
    ("MY", [60, 48]),
    ("NG", [105, 112]),
    ("NL", [145, 131]),
    ("NZ", [121, 72]),
    ("PH", [112, 198]),
    ("PK", [39, 32]),
    ("PL", [83, 0]),
    ("RO", [79, 112]),
    ("RU", [95, 165]),
    ("SA", [188, 48]),
    ("SE", [81, 224]),
    ("SG", [128, 199]),
    ("TH", [110, 164]),
    ("TR", [78, 160]),
    ("TW", [114, 32]),
    ("UA", [93, 72]),
    ("US", [54, 160]),
    ("US", [104, 236]),
    ("VN", [14, 160]),
    ("ZA", [105, 224]),
];

/// The first two groups of well-known providers' IPv6 networks, by country.
const IPV6: &[(&str, [u16; 2])] = &[
    ("BR", [0x2804, 0x014c]),
    ("CN", [0x240e, 0x03a0]),
    ("DE", [0x2a01, 0x04f8]),
    ("FR", [0x2001, 0x41d0]),
    ("IN", [0x2405, 0x0201]),
    ("SG", [0x2400, 0x6180]),
    ("TW", [0x2001, 0xb011]),
    ("US", [0x2600, 0x1f18]),
];

/// A random address of any of the networks; one in eight is IPv6.
pub(crate) fn any_address() -> IpAddr {
    let mut random = rand::rng();
    if random.random_bool(0.125) {
        let (_, [a, b]) = IPV6.choose(&mut random).copied().unwrap_or(IPV6[0]);
        let [c, d] = [random.random_range(1..=0x0fff), random.random_range(1..=0xffff)];
        Ipv6Addr::new(a, b, c, 0, 0, 0, 0, d).into()
    } else {
        let (_, [a, b]) = IPV4.choose(&mut random).copied().unwrap_or(IPV4[0]);
        Ipv4Addr::new(a, b, random.random(), random.random_range(1..=254)).into()
    }
}
