//! What was found in the firewall.

use crate::domain::protection::{Family, Finding, NotLooked, Place, Sample};
use crate::domain::text;
use crate::web::view::format;

use super::told::{Told, capital, ports};

/// A place in the firewall.
pub(crate) fn place(place: &Place) -> String {
    match place {
        Place::NftSet { family, table, set } => {
            format!("the nftables set {set} in the table {family} {table}")
        }
        Place::FirewalldRules => "the rules of firewalld".to_owned(),
        Place::Chain { family: Family::V4, chain } => format!("the iptables chain {chain}"),
        Place::Chain { family: Family::V6, chain } => format!("the ip6tables chain {chain}"),
        Place::IpSet { set } => format!("the ipset {set}"),
        Place::Routes => "the routing table".to_owned(),
    }
}

fn bans(count: usize) -> String {
    let noun = if count == 1 { "ban" } else { "bans" };
    format!("{} {noun}", format::number(count))
}

fn addresses(sample: &Sample) -> Vec<String> {
    let mut named: Vec<String> = sample.first.iter().map(ToString::to_string).collect();
    if sample.count > named.len() {
        named.push(format!("and {} more", format::number(sample.count - named.len())));
    }
    named
}

const RESTART: &str =
    "Restart the jail: fail2ban then makes its rules anew and bans the same addresses again.";

/// What to do about bans that are missing in a place.
fn what_to_do(at: &Place, missing: &Sample) -> &'static str {
    match at {
        Place::Chain { chain, .. } if chain.starts_with("ufw") => {
            "Check that ufw is enabled (ufw status), then restart the jail."
        }
        place if place.refuses_all(&missing.first) => {
            "nftables takes no network into a set without the flag interval: use an action whose set has it, or ban \
             the addresses one by one."
        }
        _ => RESTART,
    }
}

/// What was found in the place of an action.
pub(super) fn firewall(action: &str, at: &Place, finding: &Finding) -> Told {
    let place = place(at);
    match finding {
        Finding::Missing(sample) => Told::new(
            format!("{} of the action {action} cannot be found in {place}.", bans(sample.count)),
            what_to_do(at, sample),
        )
        .with(addresses(sample)),
        Finding::LeftOver(sample) => {
            let noun =
                if sample.count == 1 { "address that no jail bans" } else { "addresses that no jail bans" };
            Told::new(format!("Still blocked in {place}: {} {noun}.", format::number(sample.count)), RESTART)
                .with(addresses(sample))
        }
        Finding::NoPlace(count) => {
            Told::new(format!("{}, but {place} does not exist.", capital(&bans(*count))), RESTART)
        }
        Finding::NotHooked => Told::new(
            format!("No packet reaches {place}: no rule leads to it. The action {action} blocks nobody."),
            RESTART,
        ),
        Finding::AcceptedBefore(rule) => Told::new(
            format!("An earlier rule lets packets through before they reach {place}."),
            "Move that rule behind fail2ban's, or restart the jail, which puts its rule first again.",
        )
        .with(vec![rule.clone()]),
        Finding::Ipv4Only(count) => Told::new(
            format!("The action {action} knows only IPv4, so {} of IPv6 block nobody.", bans(*count)),
            "Replace it by an action that knows both, for example nftables-multiport or iptables-multiport of fail2ban \
             1.0 or later.",
        ),
        Finding::NobodyListens(blocked) => Told::new(
            format!("It blocks {}, where nothing listens.", ports(blocked)),
            "Set port of the jail to the port of the service, then reload it.",
        ),
        Finding::Published(published) => Told::new(
            format!("Docker passes {} on to a container before the rule is reached.", ports(published)),
            "Have its rules see forwarded packets, then restart it: chain = DOCKER-USER for an action of iptables, \
             chain_hook = forward for one of nftables.",
        ),
    }
}

pub(super) fn not_looked(action: &str, why: &NotLooked) -> Told {
    let at = if action.is_empty() { String::new() } else { format!(" of the action {action}") };
    let what = format!("The firewall{at} could not be checked.");
    match why {
        NotLooked::UnknownAction | NotLooked::OnlyReports => Told::new(
            format!("BanGUI does not know where the action {action} blocks."),
            "Check by hand that a banned address is really blocked.",
        ),
        NotLooked::OtherNetwork => Told::new(
            what,
            "fail2ban runs in another network than BanGUI or its broker, as in a container. Run them in the same one.",
        ),
        NotLooked::UnknownNetwork => Told::new(
            what,
            "It is not known in which network fail2ban runs. Run BanGUI as root, or behind bangui broker run by root.",
        ),
        NotLooked::Program { program, reason } => {
            Told::new(what, format!("{program} failed: {}", text::escaped(reason)))
        }
        NotLooked::Unread => Told::new(what, "fail2ban did not say what is banned, or what the action does."),
    }
}
