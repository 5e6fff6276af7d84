//! Entries of an ignore list that are probably mistakes, or may stand for more than they say.

use super::super::address::Target;
use super::super::host::HostName;
use super::listed::Listed;

/// Reason why an entry of an ignore list is unexpected there. fail2ban takes every word of
/// `ignoreip` that is no address for the name of a host (`fail2ban/server/ipdns.py`, `isInNet`),
/// and caches the answer of the DNS for five minutes (`DNSUtils`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It begins with the sign of a comment, which fail2ban's configuration has on lines of their own.
    Comment,
    /// It may be the network of all addresses of IPv4. fail2ban lists a network without its prefix where that is
    /// 0 (`fail2ban/server/ipdns.py`, `IPAddr.ntoa`), and no command tells whether it ignores an address.
    EveryIpv4,
    /// The same of IPv6.
    EveryIpv6,
    /// It is some other word.
    Word,
    /// It stands for the entries of a file. fail2ban 1.1.1 raises where one of them is compared with an address
    /// (`fail2ban/server/ipdns.py`, `FileIPAddrSet.__eq__`).
    File,
    /// It is no text.
    NoText,
}

impl Oddity {
    /// Returns true if the entry is probably a mistake.
    pub(crate) fn is_mistake(self) -> bool {
        matches!(self, Self::Comment | Self::Word | Self::EveryIpv4 | Self::EveryIpv6)
    }
}

impl Listed {
    /// Returns true if it may stand for all addresses of the family that `target` has.
    #[must_use]
    pub(crate) fn may_be_every(&self, target: &Target) -> bool {
        let is_ipv4 = match target {
            Target::Address(address) => address.is_ipv4(),
            Target::Network(network) => network.addr().is_ipv4(),
        };
        self.oddity() == Some(if is_ipv4 { Oddity::EveryIpv4 } else { Oddity::EveryIpv6 })
    }

    /// Returns true if it may stand for all addresses of one family.
    #[must_use]
    pub(crate) fn may_be_everybody(&self) -> bool {
        matches!(self.oddity(), Some(Oddity::EveryIpv4 | Oddity::EveryIpv6))
    }

    /// Returns the oddity of an entry that is neither an address or a network nor the name of a
    /// host, or of an address that may stand for more. A text that names a file is a host name to a
    /// fail2ban before 1.1.1, which looks it up like any other.
    #[must_use]
    pub(crate) fn oddity(&self) -> Option<Oddity> {
        let text = match self {
            Self::Text(text) => text,
            Self::File(_) => return Some(Oddity::File),
            Self::Other(_) => return Some(Oddity::NoText),
        };
        match (text.parse(), self.target()) {
            (Ok(HostName::Name(name)), _) if name == "localhost" || name.contains('.') => None,
            (_, Some(Target::Address(address))) if address.is_unspecified() => {
                Some(if address.is_ipv4() { Oddity::EveryIpv4 } else { Oddity::EveryIpv6 })
            }
            (_, Some(_)) => None,
            _ if text.starts_with('#') => Some(Oddity::Comment),
            _ => Some(Oddity::Word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_an_address_nor_a_name_is_odd() {
        let oddity = |text: &str| Listed::from_daemon(text.to_owned()).oddity();
        for text in ["203.0.113.7", "2001:db8::/32", "Home.Example.org.", "localhost", "1.example"] {
            assert_eq!(oddity(text), None, "{text}");
        }
        for text in
            ["office", "and", "10.0.0", "10.0.0.1-10.0.0.9", "*.example.org", "999.1.1.1", ";", "file:/etc/x"]
        {
            assert_eq!(oddity(text), Some(Oddity::Word), "{text}");
        }
        assert_eq!((oddity("0.0.0.0"), oddity("::")), (Some(Oddity::EveryIpv4), Some(Oddity::EveryIpv6)));
        assert_eq!((oddity("0.0.0.0/8"), oddity("::1")), (None, None));
        assert_eq!(Listed::File("/etc/x".to_owned()).oddity(), Some(Oddity::File));
        assert_eq!((oddity("#"), oddity("#office")), (Some(Oddity::Comment), Some(Oddity::Comment)));
    }
}
