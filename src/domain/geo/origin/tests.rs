//! Origins in the data that iptocc ships.

use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

fn of(text: &str) -> &'static str {
    Origin::of_banned(&Banned::from_daemon(text)).name()
}

#[test]
fn well_known_addresses_have_their_country() {
    for (address, country) in [
        ("8.8.8.8", "United States"),
        ("1.1.1.1", "Australia"),
        ("193.0.6.139", "Netherlands"),
        ("133.11.0.1", "Japan"),
        ("200.160.2.3", "Brazil"),
        ("2001:4860:4860::8888", "United States"),
        ("2a02:8071::1", "Germany"),
        ("::ffff:8.8.8.8", "United States"),
    ] {
        let address: IpAddr = address.parse().unwrap_or_else(|e| unreachable!("{e}"));
        assert_eq!(Origin::of_address(address).name(), country, "{address}");
    }
}

#[test]
fn special_ranges_have_their_name_from_the_first_to_the_last_address() {
    for (first, last, name) in [
        ("0.0.0.0", "0.0.0.0", "Unspecified"),
        ("0.0.0.1", "0.255.255.255", "This network"),
        ("10.0.0.0", "10.255.255.255", "Private network"),
        ("100.64.0.0", "100.127.255.255", "Carrier-grade NAT"),
        ("127.0.0.0", "127.255.255.255", "Loopback"),
        ("169.254.0.0", "169.254.255.255", "Link-local"),
        ("172.16.0.0", "172.31.255.255", "Private network"),
        ("192.0.0.0", "192.0.0.255", "IETF protocol"),
        ("192.0.2.0", "192.0.2.255", "Documentation"),
        ("192.88.99.0", "192.88.99.255", "IPv6 tunnel"),
        ("192.168.0.0", "192.168.255.255", "Private network"),
        ("198.18.0.0", "198.19.255.255", "Benchmarking"),
        ("198.51.100.0", "198.51.100.255", "Documentation"),
        ("203.0.113.0", "203.0.113.255", "Documentation"),
        ("224.0.0.0", "239.255.255.255", "Multicast"),
        ("240.0.0.0", "255.255.255.254", "Reserved"),
        ("255.255.255.255", "255.255.255.255", "Broadcast"),
        ("::", "::", "Unspecified"),
        ("::1", "::1", "Loopback"),
        ("64:ff9b::", "64:ff9b::ffff:ffff", "IPv4 in IPv6"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "IPv4 in IPv6"),
        ("100::", "100::ffff:ffff:ffff:ffff", "Discard-only"),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "IPv6 tunnel"),
        ("2001:1::", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol"),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "Benchmarking"),
        ("2001:2:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "Documentation"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "IPv6 tunnel"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "Documentation"),
        ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol"),
        ("5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Unique local"),
        ("fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Link-local"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Multicast"),
    ] {
        assert_eq!((of(first), of(last)), (name, name), "{first} to {last}");
    }
    for outside in ["9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "198.20.0.0", "2001:200::"] {
        let origin = Origin::of_banned(&Banned::from_daemon(outside));
        assert!(!matches!(origin, Origin::Special(_)), "{outside} is {}", origin.name());
    }
}

/// Checks that everything outside of `2000::/3` is special, without a gap.
#[test]
fn no_country_has_what_is_not_given_out() {
    for top in (0..=u16::MAX).filter(|top| top >> 13 != 1) {
        let address = Ipv6Addr::new(top, 0x1234, 0, 0, 0, 0, 0, 1);
        assert!(matches!(Origin::of_address(address.into()), Origin::Special(_)), "{address}");
    }
}

#[test]
fn a_network_has_a_country_only_if_all_of_it_has() {
    for (network, origin) in [
        ("8.8.8.0/24", "United States"),
        ("8.8.0.0/16", "United States"),
        ("193.0.0.0/21", "Netherlands"),
        ("2a02:8071::/48", "Germany"),
        ("2001:4860:4860::/64", "United States"),
        ("2001:4860:4860::8800/120", "United States"),
        // Two countries, and two special ranges.
        ("1.0.0.0/22", "Unknown"),
        ("1.0.0.0/16", "Unknown"),
        ("240.0.0.0/4", "Unknown"),
        // A special range inside.
        ("192.0.0.0/16", "Unknown"),
        ("2001:d00::/24", "Unknown"),
        // Too wide to tell.
        ("53.0.0.0/8", "Unknown"),
        ("0.0.0.0/0", "Unknown"),
        ("::/0", "Unknown"),
        // All of it special, however wide.
        ("10.0.0.0/8", "Private network"),
        ("192.168.7.0/24", "Private network"),
        ("192.0.2.128/25", "Documentation"),
        ("fe80::/64", "Link-local"),
        ("2001:db8::/32", "Documentation"),
        ("6000::/3", "Reserved"),
    ] {
        assert_eq!(of(network), origin, "{network}");
    }
    // The two halves of the one that was unknown.
    assert_eq!((of("1.0.0.0/24"), of("1.0.1.0/24")), ("Australia", "China"));
}

/// Checks that a network with a country holds no address of another one, wherever the edges of the
/// data are.
#[test]
fn no_address_of_a_network_belies_it() {
    for third in 0..=255 {
        let network = format!("185.{third}.0.0/20");
        let origin = Origin::of_banned(&Banned::from_daemon(&network));
        if origin != Origin::Unknown {
            let others = (0..16_u8)
                .flat_map(|fourth| (0..=255).map(move |last| Ipv4Addr::new(185, third, fourth, last)));
            for address in others {
                assert_eq!(Origin::of_address(address.into()), origin, "{address} in {network}");
            }
        }
    }
}

#[test]
fn a_text_comes_from_nowhere() {
    assert_eq!((of("not-an-ip"), of("8.8.8.8 "), of("")), ("Unknown", "Unknown", "Unknown"));
}

#[test]
fn each_origin_has_a_word_and_a_rank_of_its_own() {
    assert_eq!(size_of::<Origin>(), 2);
    let mut ranks = 0;
    for (rank, origin) in Origin::all().enumerate() {
        assert_eq!((origin.rank(), Origin::from_slug(origin.slug())), (rank, Some(origin)));
        assert_eq!(Origin::from_slug(&origin.slug().to_uppercase()), Some(origin));
        ranks += 1;
    }
    assert_eq!(ranks, Origin::NUMBER);
    assert_eq!((Origin::from_slug(""), Origin::from_slug("xx")), (None, None));
}

#[test]
fn a_search_means_a_country_by_code_or_by_the_begin_of_a_word() {
    let meant = |text: &str| {
        Origin::all().filter(|origin| origin.is_meant_by(text)).map(Origin::name).collect::<Vec<_>>()
    };
    assert_eq!(meant("germany"), ["Germany"]);
    assert_eq!(meant(" Germ"), ["Germany"]);
    assert_eq!(meant("de"), ["Germany"]);
    assert_eq!(meant("turkiye"), ["Türkiye"]);
    assert_eq!(meant("Türki"), ["Türkiye"]);
    assert_eq!(meant("states"), ["United States"]);
    assert_eq!(meant("united s"), ["United States"]);
    assert_eq!(meant("private"), ["Private network"]);
    assert_eq!(meant("korea"), ["North Korea", "South Korea"]);
    for text in ["", "d", "ermany", "8.8", "unknown", "2a02:de"] {
        assert!(meant(text).is_empty(), "{text:?} means {:?}", meant(text));
    }
}
