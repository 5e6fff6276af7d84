//! Where an action puts the addresses that it blocks, read from its own commands.

use std::collections::BTreeMap;

use crate::domain::protection::{Family, NotLooked, Place};

use super::tags;

/// The place of an action for the addresses of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blocks {
    /// Here.
    In(Place),
    /// Nowhere: it knows only IPv4.
    Ipv4Only,
    /// It could not be told.
    Unknown(NotLooked),
}

/// Programs by which an action tells somebody about a ban. Those that block in their own way
/// (`shorewall`, `pf`, a cloud's interface) are not among them.
const REPORTERS: [&str; 6] = ["mail", "sendmail", "abuseipdb", "blocklist", "dshield", "xarf"];

/// Reads the place from the properties of the action `name`, which hold its commands.
pub(crate) fn blocks(name: &str, properties: &BTreeMap<String, String>, family: Family) -> Blocks {
    let ban = properties.get("actionban").map(String::as_str).unwrap_or_default();
    let place_of = |family| place(&tags::replace(ban, properties, family), family);
    match place_of(family) {
        Some(Place::Chain { family: Family::V4, .. }) if family == Family::V6 => Blocks::Ipv4Only,
        // A set of ipset holds addresses of one family (`iptables-ipset-proto4.conf`).
        Some(Place::IpSet { set })
            if family == Family::V6 && place_of(Family::V4) == Some(Place::IpSet { set: set.clone() }) =>
        {
            Blocks::Ipv4Only
        }
        Some(place) => Blocks::In(place),
        None if REPORTERS.iter().any(|reporter| name.starts_with(reporter)) => {
            Blocks::Unknown(NotLooked::OnlyReports)
        }
        None => Blocks::Unknown(NotLooked::UnknownAction),
    }
}

/// The place in the commands of a ban: that of the first one that is known.
fn place(commands: &str, family: Family) -> Option<Place> {
    commands.split(['\n', ';']).find_map(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let words = words.as_slice();
        nft_set(words)
            .or_else(|| ip_set(words))
            .or_else(|| chain(words))
            .or_else(|| ufw(words, family))
            .or_else(|| firewalld(command))
            .or_else(|| route(words))
    })
}

/// The words after those of `pattern`, which stand beside each other.
fn after<'a, 'w>(words: &'w [&'a str], pattern: &[&str]) -> Option<&'w [&'a str]> {
    let at = words.windows(pattern.len()).position(|window| window == pattern)?;
    words.get(at + pattern.len()..)
}

fn runs(words: &[&str], program: &str) -> bool {
    words.iter().any(|word| word.rsplit('/').next() == Some(program))
}

/// `nft add element inet f2b-table addr-set-sshd \{ <ip> \}` (`nftables.conf`).
fn nft_set(words: &[&str]) -> Option<Place> {
    let [family, table, set, ..] = after(words, &["add", "element"])? else { return None };
    let [family, table, set] = [family, table, set].map(|word| (*word).to_owned());
    runs(words, "nft").then_some(Place::NftSet { family, table, set })
}

/// `ipset -exist add f2b-sshd <ip> timeout 600` (`iptables-ipset.conf`, `firewallcmd-ipset.conf`), or
/// `firewall-cmd --ipset=f2b-sshd --add-entry=<ip>`, whose set firewalld keeps in its own table.
fn ip_set(words: &[&str]) -> Option<Place> {
    if runs(words, "firewall-cmd") && words.iter().any(|word| word.starts_with("--add-entry")) {
        let set = words.iter().find_map(|word| word.strip_prefix("--ipset="))?;
        return Some(Place::NftSet {
            family: "inet".to_owned(),
            table: "firewalld".to_owned(),
            set: set.to_owned(),
        });
    }
    let set = ["add", "--add", "-A"].iter().find_map(|verb| after(words, &[verb])?.first())?;
    runs(words, "ipset").then(|| Place::IpSet { set: (*set).to_owned() })
}

/// `iptables -w -I f2b-sshd 1 -s <ip> -j REJECT` (`iptables.conf`), or the same through firewalld,
/// `firewall-cmd --direct --add-rule ipv4 filter f2b-sshd 0 -s <ip> -j REJECT` (`firewallcmd-multiport.conf`).
fn chain(words: &[&str]) -> Option<Place> {
    if let Some([family, _, chain, ..]) = after(words, &["--direct", "--add-rule"]) {
        let family = if *family == "ipv6" { Family::V6 } else { Family::V4 };
        return Some(Place::Chain { family, chain: (*chain).to_owned() });
    }
    let runs_one = |programs: [&str; 3]| programs.iter().any(|program| runs(words, program));
    let is_v6 = runs_one(["ip6tables", "ip6tables-nft", "ip6tables-legacy"]);
    let family = match (runs_one(["iptables", "iptables-nft", "iptables-legacy"]), is_v6) {
        (_, true) => Family::V6,
        (true, _) => Family::V4,
        _ => return None,
    };
    let chain = ["-I", "-A"].iter().find_map(|verb| after(words, &[verb])?.first())?;
    words.contains(&"-s").then(|| Place::Chain { family, chain: (*chain).to_owned() })
}

/// `ufw prepend reject from <ip> to any` (`ufw.conf`), which ufw keeps in a chain of each family.
fn ufw(words: &[&str], family: Family) -> Option<Place> {
    let chain = if family == Family::V6 { "ufw6-user-input" } else { "ufw-user-input" };
    let bans = runs(words, "ufw") && after(words, &["from"]).is_some();
    bans.then(|| Place::Chain { family, chain: chain.to_owned() })
}

/// `firewall-cmd --add-rich-rule="rule family='ipv4' source address='<ip>' … reject"` (`firewallcmd-rich-rules.conf`).
fn firewalld(command: &str) -> Option<Place> {
    (command.contains("firewall-cmd") && command.contains("--add-rich-rule")).then_some(Place::FirewalldRules)
}

/// `ip route add unreachable <ip>` (`route.conf`).
fn route(words: &[&str]) -> Option<Place> {
    let kind = after(words, &["route", "add"])?.first()?;
    ["unreachable", "blackhole", "prohibit"].contains(kind).then_some(Place::Routes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain_of(family: Family, chain: &str) -> Place {
        Place::Chain { family, chain: chain.to_owned() }
    }

    #[test]
    fn each_action_that_fail2ban_ships_leads_to_its_place() {
        let set = |set: &str| Some(Place::IpSet { set: set.to_owned() });
        let nft = |table: &str, set: &str| {
            let [family, table, set] = ["inet", table, set].map(str::to_owned);
            Some(Place::NftSet { family, table, set })
        };
        let v4 = |ban: &str| place(ban, Family::V4);
        assert_eq!(
            v4(r"nft add element inet f2b-table addr-set-x \{ <ip> \}"),
            nft("f2b-table", "addr-set-x")
        );
        assert_eq!(v4("ipset -exist add f2b-x <ip> timeout 0"), set("f2b-x"));
        assert_eq!(v4("ipset add f2b-x <ip> timeout 600 -exist"), set("f2b-x"));
        assert_eq!(v4("ipset --test f2b-x <ip> ||  ipset --add f2b-x <ip>"), set("f2b-x"));
        assert_eq!(v4("firewall-cmd --ipset=f2b-x --add-entry=<ip>"), nft("firewalld", "f2b-x"));
        assert_eq!(
            v4("/usr/sbin/iptables -w -I f2b-x 1 -s <ip> -j DROP"),
            Some(chain_of(Family::V4, "f2b-x"))
        );
        assert_eq!(v4("iptables-legacy -w -I f2b-x 1 -s <ip> -j DROP"), Some(chain_of(Family::V4, "f2b-x")));
        assert_eq!(v4("ip6tables -w -I f2b-x 1 -s <ip> -j DROP"), Some(chain_of(Family::V6, "f2b-x")));
        assert_eq!(
            v4("firewall-cmd --direct --add-rule ipv6 filter f2b-x 0 -s <ip> -j REJECT"),
            Some(chain_of(Family::V6, "f2b-x"))
        );
        let ufw =
            "if [ -n \"\" ] && ufw app info \"\"\nthen\nufw prepend reject from <ip> to any app \"\"\nfi";
        assert_eq!(v4(ufw), Some(chain_of(Family::V4, "ufw-user-input")));
        assert_eq!(place(ufw, Family::V6), Some(chain_of(Family::V6, "ufw6-user-input")));
        let rich = "ports=\"1\"; for p in 1; do firewall-cmd --add-rich-rule=\"rule source address='<ip>' reject\"; done";
        assert_eq!(v4(rich), Some(Place::FirewalldRules));
        assert_eq!(v4("ip route add blackhole <ip>"), Some(Place::Routes));
        for other in [
            "echo ban <ip> >> /tmp/x",
            "printf %b \"ALL: <ip>\" >> /etc/hosts.deny",
            "",
            "shorewall reject <ip>",
        ] {
            assert_eq!(v4(other), None, "{other}");
        }
    }

    #[test]
    fn what_knows_one_family_blocks_the_other_nowhere() {
        let properties = [("actionban", "iptables -I fail2ban-<name> 1 -s <ip> -j DROP"), ("name", "x")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(blocks("old", &properties, Family::V6), Blocks::Ipv4Only);
        let proto4 = (
            "actionban".to_owned(),
            "ipset --test f2b-<name> <ip> ||  ipset --add f2b-<name> <ip>".to_owned(),
        );
        let proto4 = BTreeMap::from([proto4, ("name".to_owned(), "x".to_owned())]);
        assert_eq!(blocks("iptables-ipset-proto4", &proto4, Family::V6), Blocks::Ipv4Only);
        let set = Place::IpSet { set: "f2b-x".to_owned() };
        assert_eq!(blocks("iptables-ipset-proto4", &proto4, Family::V4), Blocks::In(set));
        let mail = BTreeMap::from([("actionban".to_owned(), "mail -s <ip>".to_owned())]);
        assert_eq!(blocks("mail-whois", &mail, Family::V4), Blocks::Unknown(NotLooked::OnlyReports));
        assert_eq!(blocks("mine", &mail, Family::V4), Blocks::Unknown(NotLooked::UnknownAction));
    }
}
