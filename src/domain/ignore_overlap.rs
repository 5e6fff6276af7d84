//! Bans of addresses that the jail's own ignore list names.

use super::address::Target;
use super::coverage::network_of;
use super::ignore::listed::Listed;

/// The overlap of an ignore list with a ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// All of it is ignored. A ban by hand holds all the same, but fail2ban leaves it out when it sets the
    /// jail's bans again after a restart (`fail2ban/server/jail.py`, `restoreCurrentBans`). Holds the
    /// entries that say so, the smallest first.
    Whole(Vec<Target>),
    /// It is a network, and these entries lie inside it. fail2ban bans them along with it, and sets it again.
    Part(Vec<Target>),
}

/// Returns the overlap of the addresses and networks of `list` with a ban of `target`. Host names
/// are not looked up.
#[must_use]
pub(crate) fn overlap(target: Target, list: &[Listed]) -> Option<Overlap> {
    let network = network_of(target);
    let entries = || list.iter().filter_map(Listed::target).map(|entry| (network_of(entry), entry));
    let mut around: Vec<_> = entries().filter(|(entry, _)| entry.contains(&network)).collect();
    around.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.prefix_len()));
    if !around.is_empty() {
        return Some(Overlap::Whole(around.into_iter().map(|(_, entry)| entry).collect()));
    }
    let mut inside: Vec<Target> =
        entries().filter(|(entry, _)| network.contains(entry)).map(|(_, entry)| entry).collect();
    inside.sort_unstable();
    if inside.is_empty() { None } else { Some(Overlap::Part(inside)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `whole` or `part` with the entries.
    fn found(target: &str, list: &[&str]) -> String {
        let list: Vec<Listed> = list.iter().map(|entry| Listed::from_daemon((*entry).to_owned())).collect();
        let target = target.parse().unwrap_or_else(|error| unreachable!("{target}: {error}"));
        let (what, entries) = match overlap(target, &list) {
            None => return String::new(),
            Some(Overlap::Whole(entries)) => ("whole", entries),
            Some(Overlap::Part(entries)) => ("part", entries),
        };
        entries.iter().fold(what.to_owned(), |text, entry| format!("{text} {entry}"))
    }

    #[test]
    fn an_entry_around_a_target_covers_all_of_it_and_one_inside_a_part() {
        let list =
            ["198.51.100.0/24", "home.example.org", "203.0.113.7", "2001:db8::/32", "file:/etc/x", "#"];
        for (target, expected) in [
            ("198.51.100.7", "whole 198.51.100.0/24"),
            ("198.51.100.0/24", "whole 198.51.100.0/24"),
            ("198.51.100.128/25", "whole 198.51.100.0/24"),
            ("198.51.0.0/16", "part 198.51.100.0/24"),
            ("::ffff:203.0.113.7", "whole 203.0.113.7"),
            ("203.0.113.0/29", "part 203.0.113.7"),
            ("203.0.113.8", ""),
            ("2001:db8::1", "whole 2001:db8::/32"),
            ("::/0", "part 2001:db8::/32"),
            ("0.0.0.0/0", "part 203.0.113.7 198.51.100.0/24"),
            ("192.0.2.1", ""),
        ] {
            assert_eq!(found(target, &list), expected, "{target}");
        }
        assert_eq!(
            found("198.51.100.7", &["198.51.0.0/16", "198.51.100.7"]),
            "whole 198.51.100.7 198.51.0.0/16"
        );
        assert_eq!(found("192.0.2.1", &["0.0.0.0"]), "whole 0.0.0.0", "so fail2ban writes all addresses");
        assert_eq!(found("192.0.2.1", &[]), "");
    }
}
