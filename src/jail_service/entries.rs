//! Count of the different entries of bans: one may be banned in several jails.

use std::collections::HashSet;

use crate::domain::address::Target;
use crate::domain::ban::Ban;

/// Different entries of bans, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entries {
    pub number: usize,
    /// True if each is a single address: fail2ban also bans networks and plain text.
    pub(crate) are_addresses: bool,
}

impl Entries {
    /// The entries of `bans`.
    #[must_use]
    pub fn count<'a>(bans: impl IntoIterator<Item = &'a Ban>) -> Self {
        let entries: HashSet<_> = bans.into_iter().map(|ban| &ban.banned).collect();
        let is_address = |target: Option<&Target>| matches!(target, Some(Target::Address(_)));
        Self { number: entries.len(), are_addresses: entries.iter().all(|entry| is_address(entry.target())) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::address::Banned;
    use crate::domain::jail::Length;

    #[test]
    fn an_address_in_two_jails_is_one_address() {
        let ban = |entry: &str| Ban {
            banned: Banned::from_daemon(entry),
            since: Timestamp::UNIX_EPOCH,
            length: Length::Permanent,
        };
        let twice = [ban("203.0.113.5"), ban("203.0.113.5"), ban("2001:db8::1")];
        assert_eq!(Entries::count(&twice), Entries { number: 2, are_addresses: true });
        assert_eq!(Entries::count(&[ban("203.0.113.0/24")]), Entries { number: 1, are_addresses: false });
    }
}
