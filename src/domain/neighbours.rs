//! What the bans of an address and around it mean: who its neighbours are, and how far it is from a jail for those that
//! come back.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::address::Target;
use super::history::{Ending, RecordedBan};
use super::jail::{JailSummary, Length, Source};

/// Prefix lengths of the network whose addresses are neighbours, in IPv4 and IPv6: as much as one customer has at most.
const NEIGHBOURHOOD: (u8, u8) = (24, 64);

/// The network whose addresses are neighbours of `address`.
pub(crate) fn neighbourhood(address: IpAddr) -> Option<IpNet> {
    let prefix = if address.is_ipv4() { NEIGHBOURHOOD.0 } else { NEIGHBOURHOOD.1 };
    IpNet::new(address, prefix).ok().map(|network| network.trunc())
}

/// Addresses of the same network that are banned too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Neighbours {
    pub network: IpNet,
    pub addresses: usize,
    pub jails: BTreeSet<String>,
}

impl Neighbours {
    /// The neighbours of `address` among the `bans` of their `network`; `None` where there are none.
    pub(crate) fn among(bans: &[RecordedBan], address: IpAddr, network: IpNet) -> Option<Self> {
        let (mut addresses, mut jails) = (BTreeSet::new(), BTreeSet::new());
        for ban in bans {
            let Some(Target::Address(own)) = ban.banned.target() else { continue };
            if *own != address {
                addresses.insert(*own);
                jails.insert(ban.jail.clone());
            }
        }
        (!addresses.is_empty()).then_some(Self { network, addresses: addresses.len(), jails })
    }
}

/// How far something is from a jail that counts the bans of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Distance {
    pub jail: String,
    /// Number of bans that the jail waits for, and that were recorded.
    pub needed: u64,
    pub counted: u64,
    pub within: Length,
}

impl Distance {
    /// The distance of what has the `bans` from `jail`; `None` where that jail counts no bans, holds it already or does not
    /// tell its settings.
    pub(crate) fn from(jail: &JailSummary, bans: &[RecordedBan], now: Timestamp) -> Option<Self> {
        let name = jail.name.as_str();
        let holds = |ban: &RecordedBan| ban.jail == name && ban.ending == Ending::Standing;
        if !counts_bans(jail) || bans.iter().any(holds) {
            return None;
        }
        let (Ok(within @ Length::Seconds(seconds)), Ok(needed)) =
            (&jail.times.find_time, &jail.times.max_retry)
        else {
            return None;
        };
        let begin = now.as_second().saturating_sub_unsigned(*seconds);
        let counted = bans.iter().filter(|ban| ban.jail != name && ban.since.as_second() >= begin).count();
        let needed = u64::try_from(*needed).ok()?.max(1);
        Some(Self { jail: name.to_owned(), needed, counted: counted as u64, within: *within })
    }
}

/// Returns true if a jail reads fail2ban's own log, where it finds the bans of the others
/// (`config/filter.d/recidive.conf`).
fn counts_bans(jail: &JailSummary) -> bool {
    match jail.status.as_ref().map(|status| &status.source) {
        Ok(Ok(Source::Files(files))) => files.iter().any(|file| file.ends_with("/fail2ban.log")),
        Ok(Ok(Source::Journal(matches))) => matches.iter().any(|own| own.contains("fail2ban")),
        Ok(Err(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Banned;

    fn ban(jail: &str, address: &str) -> RecordedBan {
        RecordedBan {
            jail: jail.to_owned(),
            banned: Banned::Target(address.parse().unwrap_or_else(|e| unreachable!("{e}"))),
            since: Timestamp::UNIX_EPOCH,
            length: None,
            count: None,
            origin: crate::domain::geo::origin::Origin::Unknown,
            ending: Ending::Standing,
            ends: None,
            by: None,
        }
    }

    #[test]
    fn neighbours_are_counted_once_and_without_the_address_itself_or_networks() {
        let address: IpAddr = [203, 0, 113, 7].into();
        let network = neighbourhood(address).unwrap_or_else(|| unreachable!("a /24"));
        assert_eq!(network.to_string(), "203.0.113.0/24");
        let bans = [
            ban("sshd", "203.0.113.7"),
            ban("web", "203.0.113.8"),
            ban("mail", "203.0.113.8"),
            ban("all", "203.0.113.0/25"),
        ];
        let found = Neighbours::among(&bans, address, network);
        let jails = BTreeSet::from(["mail".to_owned(), "web".to_owned()]);
        assert_eq!(found, Some(Neighbours { network, addresses: 1, jails }));
        assert_eq!(Neighbours::among(&bans[..1], address, network), None);
    }
}
