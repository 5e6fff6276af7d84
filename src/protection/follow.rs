//! Follows packets of banned addresses through the rules: a connection is blocked if some packet of it is stopped.

use std::collections::BTreeSet;

use crate::domain::address::Target;
use crate::domain::protection::Finding;

use super::rules::{End, Packet, Table, Way};

/// The most bans and ports of a place that are followed.
const MOST_BANS: usize = 20;
const MOST_PORTS: usize = 10;

/// Whether a set holds an address. `None` where that is not known.
pub(crate) type Holds<'a> = dyn Fn(&str, &Target) -> Option<bool> + 'a;

/// The rules that lead to a place.
pub(crate) struct Rules<'a> {
    pub(crate) table: &'a Table,
    pub(crate) ways: &'a [Way<'a>],
    /// True if they block every port.
    pub(crate) blocks_all: bool,
}

impl Rules<'_> {
    /// The way in which somebody who is `held` comes through to one of `ports`. Where every port is to be blocked, it
    /// takes that all of them are open: the rules may well stand behind a port that is open to everybody.
    pub(crate) fn way_through<'t>(
        &self,
        held: impl Iterator<Item = &'t Target>,
        ports: &[u16],
        holds: &Holds<'_>,
    ) -> Option<Finding> {
        let ports = ports.get(..MOST_PORTS).unwrap_or(ports);
        held.take(MOST_BANS).find_map(|source| {
            let found: Vec<_> = ports.iter().map(|port| self.through(source, *port, holds)).collect();
            let is_blocked = self.blocks_all && found.iter().any(Option::is_none);
            if is_blocked { None } else { found.into_iter().flatten().next() }
        })
    }

    /// How a connection of `source` to `port` comes through.
    fn through(&self, source: &Target, port: u16, holds: &Holds<'_>) -> Option<Finding> {
        let protocols: BTreeSet<&str> =
            self.ways.iter().filter_map(|way| way.rule.protocol.as_deref()).collect();
        let protocol =
            if protocols.contains("tcp") { "tcp" } else { protocols.first().copied().unwrap_or("tcp") };
        let mut finding = Finding::NotHooked;
        for way in self.ways {
            for is_new in [true, false] {
                let packet = Packet { source, protocol, port, is_new };
                match self.table.follow(way.chain, packet, &|set| holds(set, source)) {
                    End::Stopped => return None,
                    End::Accepted(rule) => finding = Finding::AcceptedBefore(rule.text.clone()),
                    End::Passed => {}
                }
            }
        }
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protection::iptables;
    use crate::protection::rules::Verdict;

    #[test]
    fn one_open_port_of_two_is_told_but_not_where_all_are_to_be_blocked()
    -> Result<(), Box<dyn std::error::Error>> {
        let source: Target = "203.0.113.7".parse()?;
        let found = |ports: &str| {
            let table = iptables::parse(&format!(
                "-P INPUT ACCEPT\n-N f2b\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp {ports} -j f2b\n\
                 -A f2b -s 203.0.113.7/32 -j DROP\n"
            ));
            let ways = table.ways(&|rule| rule.verdict == Verdict::Jump("f2b".to_owned()));
            let rules = Rules { table: &table, ways: &ways, blocks_all: ports.is_empty() };
            rules.way_through([source].iter(), &[22, 2222], &|_, _| None)
        };
        let accepts =
            |finding| matches!(finding, Some(Finding::AcceptedBefore(rule)) if rule.contains("--dport 22 "));
        assert!(accepts(found("-m multiport --dports 22,2222")));
        assert_eq!(
            found("-m multiport --dports 2222"),
            Some(Finding::AcceptedBefore("-p tcp -m tcp --dport 22 -j ACCEPT".to_owned()))
        );
        assert_eq!(found(""), None);
        Ok(())
    }
}
