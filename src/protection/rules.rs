//! Rules of a firewall in one form, whichever program printed them, and what becomes of a packet among them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::domain::address::Target;

use super::entries::Entries;

/// Packets pass at most this many chains on their way.
const DEEPEST: usize = 12;

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The rule as the program prints it.
    pub(crate) text: String,
    /// The only source of its packets.
    pub(crate) source: Option<Target>,
    /// The sources of its packets, where it names several.
    pub(crate) sources: Option<Entries>,
    /// The source that its packets do not have.
    pub(crate) not_source: Option<Target>,
    /// The set in which the source has to be.
    pub(crate) set: Option<String>,
    /// The ports of its packets; empty for all.
    pub(crate) ports: Vec<RangeInclusive<u16>>,
    /// The protocol of its packets; `None` for all.
    pub(crate) protocol: Option<String>,
    /// The packets of a connection that it is for; `None` for all.
    pub(crate) states: Option<States>,
    /// True if its packets come from this machine itself.
    pub(crate) is_of_loopback: bool,
    /// True if it has conditions beyond these.
    pub(crate) is_limited: bool,
    pub(crate) verdict: Verdict,
}

/// Packets of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct States {
    /// The first one.
    pub(crate) new: bool,
    /// Those behind it.
    pub(crate) established: bool,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is let through.
    Accept,
    /// It is stopped.
    Stop,
    /// It goes to a chain, and comes back from its end.
    Jump(String),
    /// It goes to a chain for good.
    Goto(String),
    /// It goes back to the chain that it came from.
    Return,
    /// Anything else, as counting it.
    #[default]
    Other,
}

/// A chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// Where packets come to it by themselves: `input` or `forward`. `None` where only rules lead to it.
    pub(crate) hook: Option<String>,
    pub(crate) rules: Vec<Rule>,
}

/// The chains of one table, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(pub(crate) BTreeMap<String, Chain>);

/// How packets get to a rule: the hook of a chain, and the rule in it that leads on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) hook: &'a str,
    pub(crate) chain: &'a Chain,
    /// The rule of the way that says of which packets.
    pub(crate) rule: &'a Rule,
}

/// A packet of somebody who is banned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) source: &'a Target,
    pub(crate) protocol: &'a str,
    pub(crate) port: u16,
    /// True for the first one of a connection.
    pub(crate) is_new: bool,
}

/// Where a packet ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End<'a> {
    /// A rule stops it.
    Stopped,
    /// A rule lets it through.
    Accepted(&'a Rule),
    /// No rule says anything.
    Passed,
}

impl Table {
    /// The ways to the rules for which `is_wanted` holds: one for each rule of a hooked chain that leads there.
    pub(crate) fn ways(&self, is_wanted: &dyn Fn(&Rule) -> bool) -> Vec<Way<'_>> {
        let hooked = self.0.values().filter_map(|chain| Some((chain.hook.as_deref()?, chain)));
        let ways = hooked.flat_map(|(hook, chain)| {
            let rules = chain.rules.iter();
            rules.filter_map(move |rule| {
                let leads = is_wanted(rule) || self.leads(rule, is_wanted, DEEPEST);
                leads.then_some(Way { hook, chain, rule })
            })
        });
        ways.collect()
    }

    fn leads(&self, rule: &Rule, is_wanted: &dyn Fn(&Rule) -> bool, depth: usize) -> bool {
        let (Verdict::Jump(to) | Verdict::Goto(to)) = &rule.verdict else { return false };
        let Some(chain) = self.0.get(to).filter(|_| depth > 0) else { return false };
        chain.rules.iter().any(|rule| is_wanted(rule) || self.leads(rule, is_wanted, depth - 1))
    }

    /// Follows `packet` through `chain`. `holds` tells whether a set holds its source; `None` where that is not known.
    /// A rule of which it is not known whether it matches is passed over.
    pub(crate) fn follow<'a>(
        &'a self,
        chain: &'a Chain,
        packet: Packet<'_>,
        holds: &dyn Fn(&str) -> Option<bool>,
    ) -> End<'a> {
        self.follow_within(chain, packet, holds, DEEPEST)
    }

    fn follow_within<'a>(
        &'a self,
        chain: &'a Chain,
        packet: Packet<'_>,
        holds: &dyn Fn(&str) -> Option<bool>,
        depth: usize,
    ) -> End<'a> {
        for rule in chain.rules.iter().filter(|rule| rule.matches(packet, holds)) {
            let inner = |to: &String| match self.0.get(to) {
                Some(chain) if depth > 0 => self.follow_within(chain, packet, holds, depth - 1),
                _ => End::Passed,
            };
            match &rule.verdict {
                Verdict::Accept => return End::Accepted(rule),
                Verdict::Stop => return End::Stopped,
                Verdict::Return => return End::Passed,
                Verdict::Goto(to) => return inner(to),
                Verdict::Jump(to) => match inner(to) {
                    End::Passed => {}
                    end => return end,
                },
                Verdict::Other => {}
            }
        }
        End::Passed
    }
}

impl Rule {
    /// Returns true if the packet certainly matches.
    fn matches(&self, packet: Packet<'_>, holds: &dyn Fn(&str) -> Option<bool>) -> bool {
        let is_of_state =
            self.states.is_none_or(|states| if packet.is_new { states.new } else { states.established });
        let from_it = self.source.is_none_or(|source| source.covers(packet.source));
        let from_them = self.sources.as_ref().is_none_or(|sources| sources.hold(packet.source));
        let not_from = self.not_source.is_none_or(|source| !source.covers(packet.source));
        let is_of_protocol = self.protocol.as_deref().is_none_or(|protocol| protocol == packet.protocol);
        let to_port = self.ports.is_empty() || self.ports.iter().any(|range| range.contains(&packet.port));
        let is_in_set = self.set.as_deref().is_none_or(|set| holds(set) == Some(true));
        let is_plain = !self.is_limited && !self.is_of_loopback;
        is_plain && is_of_state && from_it && from_them && not_from && is_of_protocol && to_port && is_in_set
    }
}
