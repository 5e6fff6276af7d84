//! Test for public addresses, the only ones that others may be asked about.

use std::net::IpAddr;

use crate::domain::geo::origin::Origin;

/// Returns true if `address` is public, so that others can know it.
pub(crate) fn is_public(address: IpAddr) -> bool {
    !matches!(Origin::of_address(address), Origin::Special(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_about_private_reserved_or_documentation_addresses() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "100::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "3fff::1",
            "5f00::1",
        ] {
            assert_eq!(address.parse().map(is_public), Ok(false), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
            "2a00::1",
            "2001:4860::1",
        ] {
            assert_eq!(address.parse().map(is_public), Ok(true), "{address}");
        }
    }
}
