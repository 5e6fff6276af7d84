//! Rules of a firewall in one form, whichever program printed them, and how packets get to a place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::domain::address::Target;

/// Packets pass at most this many chains on their way to one that is looked for.
const DEEPEST: usize = 8;

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The rule as the program prints it.
    pub(crate) text: String,
    /// The only source of its packets.
    pub(crate) source: Option<Target>,
    /// The set in which the source has to be.
    pub(crate) set: Option<String>,
    /// The ports of its packets; empty for all.
    pub(crate) ports: Vec<RangeInclusive<u16>>,
    /// The protocol of its packets; `None` for all.
    pub(crate) protocol: Option<String>,
    /// True if it has conditions beyond these.
    pub(crate) is_limited: bool,
    pub(crate) verdict: Verdict,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is let through.
    Accept,
    /// It is stopped.
    Stop,
    /// It goes to a chain.
    Jump(String),
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

/// How packets get to a rule: the hook of a chain, and where in that chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) hook: &'a str,
    chain: &'a Chain,
    at: usize,
    /// The rule of the way that says of which packets.
    pub(crate) rule: &'a Rule,
}

impl Table {
    /// The ways to the rules for which `is_wanted` holds: one for each rule of a hooked chain that leads there.
    pub(crate) fn ways(&self, is_wanted: &dyn Fn(&Rule) -> bool) -> Vec<Way<'_>> {
        let hooked = self.0.values().filter_map(|chain| Some((chain.hook.as_deref()?, chain)));
        let ways = hooked.flat_map(|(hook, chain)| {
            let rules = chain.rules.iter().enumerate();
            rules.filter_map(move |(at, rule)| {
                let leads = is_wanted(rule) || self.leads(rule, is_wanted, DEEPEST);
                leads.then_some(Way { hook, chain, at, rule })
            })
        });
        ways.collect()
    }

    fn leads(&self, rule: &Rule, is_wanted: &dyn Fn(&Rule) -> bool, depth: usize) -> bool {
        let Verdict::Jump(to) = &rule.verdict else { return false };
        let Some(chain) = self.0.get(to).filter(|_| depth > 0) else { return false };
        chain.rules.iter().any(|rule| is_wanted(rule) || self.leads(rule, is_wanted, depth - 1))
    }

    /// The rule before `way` that lets its packets through, wherever they come from.
    pub(crate) fn accepted_before<'a>(&'a self, way: &Way<'a>) -> Option<&'a Rule> {
        let before = way.chain.rules.get(..way.at)?;
        before.iter().find_map(|rule| self.accepts(rule, way.rule, DEEPEST))
    }

    fn accepts<'a>(&'a self, rule: &'a Rule, packets: &Rule, depth: usize) -> Option<&'a Rule> {
        let is_of_everybody = rule.source.is_none() && rule.set.is_none() && !rule.is_limited;
        if depth == 0 || !is_of_everybody || !overlaps(rule, packets) {
            return None;
        }
        match &rule.verdict {
            Verdict::Accept => Some(rule),
            Verdict::Jump(to) => {
                self.0.get(to)?.rules.iter().find_map(|rule| self.accepts(rule, packets, depth - 1))
            }
            Verdict::Stop | Verdict::Other => None,
        }
    }
}

/// Returns true if some packet matches the protocol and the ports of both.
fn overlaps(one: &Rule, other: &Rule) -> bool {
    let protocols = match (&one.protocol, &other.protocol) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let meets = |range: &RangeInclusive<u16>| {
        other.ports.iter().any(|own| own.start() <= range.end() && range.start() <= own.end())
    };
    protocols && (one.ports.is_empty() || other.ports.is_empty() || one.ports.iter().any(meets))
}
