//! What iptables, ip6tables, ipset and ip print.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;

use crate::domain::protection::{Family, NotLooked};

use super::entries::Entries;
use super::programs::output;
use super::rules::{Rule, States, Table, Verdict};

/// Reads the filter rules of a family as the machine's `iptables` has them.
pub(crate) async fn table(family: Family) -> Result<Table, NotLooked> {
    listing(of_family(family, ["iptables", "ip6tables"])).await
}

/// Reads the filter rules of a family in the kernel's two places for them: fail2ban may run the other `iptables`, and
/// what one of them made stays when the machine changes to the other.
pub(crate) async fn tables_of_both(family: Family) -> Result<Vec<Table>, NotLooked> {
    let mut tables = Vec::new();
    match listing(of_family(family, ["iptables-nft", "ip6tables-nft"])).await {
        Ok(table) => tables.push(table),
        // An older iptables has one place alone.
        Err(why) => tracing::debug!(?why, "the rules of iptables-nft are not known"),
    }
    // To list a table that there is not would make one.
    let names = of_family(family, ["/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"]);
    match std::fs::read_to_string(names) {
        Ok(names) if names.lines().any(|name| name == "filter") => {
            tables.push(listing(of_family(family, ["iptables-legacy", "ip6tables-legacy"])).await?);
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            let (program, reason) = (names.to_owned(), error.to_string());
            return Err(NotLooked::Program { program, reason });
        }
    }
    Ok(tables)
}

fn of_family(family: Family, [v4, v6]: [&'static str; 2]) -> &'static str {
    match family {
        Family::V4 => v4,
        Family::V6 => v6,
    }
}

/// `-w` waits for others that change the rules.
async fn listing(program: &'static str) -> Result<Table, NotLooked> {
    Ok(parse(&text(&output(program, &["-w", "-S"]).await?)))
}

/// Reads the ports that Docker passes to containers.
pub(crate) async fn published_ports() -> Result<Vec<u16>, NotLooked> {
    let rules = parse(&text(&output("iptables", &["-w", "-t", "nat", "-S"]).await?));
    let docker = rules.0.get("DOCKER").map(|chain| chain.rules.as_slice()).unwrap_or_default();
    let published = docker.iter().filter(|rule| rule.text.contains("-j DNAT")).flat_map(|rule| &rule.ports);
    Ok(published.map(|range| *range.start()).collect())
}

/// Reads every set of ipset.
pub(crate) async fn ip_sets() -> Result<BTreeMap<String, Entries>, NotLooked> {
    Ok(parse_sets(&text(&output("ipset", &["save"]).await?)))
}

/// Reads the routes of both families that lead nowhere.
pub(crate) async fn routes() -> Result<Entries, NotLooked> {
    let mut entries = Entries::default();
    for arguments in [["-4", "route", "show", "table", "all"], ["-6", "route", "show", "table", "all"]] {
        for line in text(&output("ip", &arguments).await?).lines() {
            let mut words = line.split_whitespace();
            let kind = words.next().unwrap_or_default();
            if let (true, Some(to)) = (["unreachable", "blackhole", "prohibit"].contains(&kind), words.next())
            {
                entries.add(to);
            }
        }
    }
    Ok(entries)
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// Reads `iptables -S`.
pub(super) fn parse(listing: &str) -> Table {
    let mut table = Table::default();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["-P", chain, ..] => {
                table.0.entry((*chain).to_owned()).or_default().hook = Some(chain.to_lowercase());
            }
            ["-N", chain, ..] => drop(table.0.entry((*chain).to_owned()).or_default()),
            ["-A", chain, rule @ ..] => {
                table.0.entry((*chain).to_owned()).or_default().rules.push(self::rule(rule));
            }
            _ => {}
        }
    }
    table
}

fn rule(words: &[&str]) -> Rule {
    let mut rule = Rule { text: words.join(" "), ..Rule::default() };
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "-s" => rule.source = rest.next().and_then(|source| source.parse().ok()),
            "-p" => rule.protocol = rest.next().map(str::to_owned),
            "-i" => match rest.next() {
                Some("lo") => rule.is_of_loopback = true,
                _ => rule.is_limited = true,
            },
            "!" => match (rest.next(), rest.next()) {
                (Some("-s"), Some(source)) => rule.not_source = source.parse().ok(),
                _ => rule.is_limited = true,
            },
            // The match that the ports, the set or the state behind it belong to.
            "-m" => match rest.next() {
                Some("tcp" | "udp" | "multiport" | "set" | "comment" | "state" | "conntrack") => {}
                _ => rule.is_limited = true,
            },
            "--state" | "--ctstate" => rule.states = rest.next().map(states),
            "--dport" | "--dports" => rule.ports = rest.next().map(ports).unwrap_or_default(),
            "--comment" => skip_text(&mut rest),
            "--match-set" => {
                rule.set = rest.next().map(str::to_owned);
                rule.is_limited |= rest.next() != Some("src");
            }
            "-j" => {
                rule.verdict = verdict(rest.next().unwrap_or_default());
                // Behind it are the options of the target.
                break;
            }
            "-g" => rule.verdict = Verdict::Goto(rest.next().unwrap_or_default().to_owned()),
            _ => rule.is_limited = true,
        }
    }
    rule
}

/// Reads `NEW,ESTABLISHED`.
fn states(text: &str) -> States {
    let has = |state| text.split(',').any(|word| word == state);
    States { new: has("NEW"), established: has("ESTABLISHED") }
}

/// Passes the text of a comment, which is in quotes where it has spaces.
fn skip_text<'a>(words: &mut impl Iterator<Item = &'a str>) {
    let Some(first) = words.next() else { return };
    let is_whole = |word: &str| word.len() > 1 && word.ends_with('"') && !word.ends_with("\\\"");
    if first.starts_with('"') && !is_whole(first) {
        words.find(|word| word.ends_with('"') && !word.ends_with("\\\""));
    }
}

fn verdict(target: &str) -> Verdict {
    match target {
        "ACCEPT" => Verdict::Accept,
        "DROP" | "REJECT" | "TARPIT" => Verdict::Stop,
        "RETURN" => Verdict::Return,
        "LOG" | "NFLOG" | "MARK" | "CONNMARK" | "NOTRACK" | "CT" | "AUDIT" | "TRACE" | "SET" | "" => {
            Verdict::Other
        }
        chain => Verdict::Jump(chain.to_owned()),
    }
}

/// Reads `22`, `80,443` or `1024:2048`.
fn ports(text: &str) -> Vec<RangeInclusive<u16>> {
    let range = |text: &str| {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    text.split(',').filter_map(range).collect()
}

/// Reads `ipset save`. An entry with `nomatch` is one that is let through.
fn parse_sets(listing: &str) -> BTreeMap<String, Entries> {
    let mut sets = BTreeMap::<String, Entries>::new();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["create", name, ..] => drop(sets.entry((*name).to_owned()).or_default()),
            ["add", name, entry, options @ ..] if !options.contains(&"nomatch") => {
                let entry = entry.split(',').next().unwrap_or_default();
                let set = sets.entry((*name).to_owned()).or_default();
                match entry.split_once('-').map(|(first, last)| (first.parse(), last.parse())) {
                    Some((Ok(first), Ok(last))) => set.add_range(first, last),
                    _ => drop(set.add(entry)),
                }
            }
            _ => {}
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protection::rules::{End, Packet};

    const LISTING: &str = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-N f2b-sshd\n-N other\n-N lonely\n\
        -A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
        -A INPUT -p tcp -m tcp --dport 80 -m comment --comment \"the web, really\" -j ACCEPT\n-A INPUT -j other\n\
        -A INPUT -p tcp -m multiport --dports 22,2222 -j f2b-sshd\n-A INPUT -m set --match-set bad src -j DROP\n\
        -A f2b-sshd -s 203.0.113.7/32 -j REJECT --reject-with icmp-port-unreachable\n-A f2b-sshd -j RETURN\n";

    fn way_to<'a>(table: &'a Table, chain: &str) -> Vec<super::super::rules::Way<'a>> {
        table.ways(&|rule| rule.verdict == Verdict::Jump(chain.to_owned()))
    }

    /// What becomes of the packets of 203.0.113.7 to port 22: of the first, and of those behind it.
    fn ends(more: &str) -> Result<[String; 2], Box<dyn std::error::Error>> {
        let (table, source) = (parse(&format!("{LISTING}{more}\n")), "203.0.113.7".parse()?);
        let chain = &table.0["INPUT"];
        Ok([true, false].map(|is_new| {
            let packet = Packet { source: &source, protocol: "tcp", port: 22, is_new };
            match table.follow(chain, packet, &|_| None) {
                End::Accepted(rule) => rule.text.clone(),
                End::Stopped => "stopped".to_owned(),
                End::Passed => "passed".to_owned(),
            }
        }))
    }

    #[test]
    fn a_banned_address_is_stopped_and_the_ways_are_known() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(ends("")?[0], "stopped");
        let table = parse(LISTING);
        let ways = way_to(&table, "f2b-sshd");
        assert_eq!(ways.len(), 1);
        assert_eq!(
            (ways[0].hook, ways[0].rule.ports.as_slice()),
            ("input", [22..=22, 2222..=2222].as_slice())
        );
        assert!(way_to(&table, "lonely").is_empty());
        assert_eq!(table.ways(&|rule| rule.set.as_deref() == Some("bad")).len(), 1);
        Ok(())
    }

    #[test]
    fn what_lets_a_banned_address_through_before_its_ban_is_found_in_any_chain()
    -> Result<(), Box<dyn std::error::Error>> {
        for opens in [
            "-A other -p tcp -m tcp --dport 22 -j ACCEPT",
            "-A other -j ACCEPT",
            "-A other -s 203.0.113.0/24 -j ACCEPT",
            "-A other -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT",
            "-A other ! -s 10.0.0.0/8 -j ACCEPT",
        ] {
            assert!(ends(opens)?[0].contains("-j ACCEPT"), "{opens}");
        }
        for harmless in [
            "-A other -p udp -m udp --dport 22 -j ACCEPT",
            "-A other -s 192.0.2.0/24 -j ACCEPT",
            "-A other -p tcp -m tcp --dport 23 -j ACCEPT",
            "-A other -m limit --limit 3/min -j ACCEPT",
            "-A other ! -s 10.0.0.0/8 -j RETURN\n-A other -j ACCEPT",
            "-A lonely -j ACCEPT",
        ] {
            assert_eq!(ends(harmless)?[0], "stopped", "{harmless}");
        }
        // Packets of a connection that is there pass LISTING's second rule, and its first one is still stopped.
        assert!(ends("")?[1].contains("ESTABLISHED"));
        Ok(())
    }

    #[test]
    fn sets_have_their_entries_without_those_that_do_not_match() -> Result<(), Box<dyn std::error::Error>> {
        let sets = parse_sets(
            "create f2b-x hash:ip family inet\nadd f2b-x 192.0.2.1 timeout 12\ncreate n hash:net\n\
             add n 198.51.100.0/24\nadd n 198.51.100.7 nomatch\nadd n 192.0.2.7-192.0.2.9\ncreate empty hash:ip\n",
        );
        assert!(sets["f2b-x"].hold(&"192.0.2.1".parse()?) && sets["n"].hold(&"192.0.2.8".parse()?));
        assert!(sets.contains_key("empty") && !sets["empty"].hold(&"192.0.2.1".parse()?));
        Ok(())
    }
}
