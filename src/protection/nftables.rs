//! What `nft -j list ruleset` prints: its tables, their sets and rules.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::domain::address::Target;
use crate::domain::protection::NotLooked;

use super::entries::Entries;
use super::programs::output;
use super::rules::{Rule, States, Table, Verdict};

/// Family, name.
type TableName = (String, String);

/// All tables.
#[derive(Debug, Default)]
pub(crate) struct Ruleset {
    tables: BTreeMap<TableName, Table>,
    sets: BTreeMap<(TableName, String), Entries>,
    /// Those that the kernel passes over.
    dormant: Vec<TableName>,
}

impl Ruleset {
    /// Reads it from the kernel.
    pub(crate) async fn read() -> Result<Self, NotLooked> {
        let output = output("nft", &["-j", "list", "ruleset"]).await?;
        let unreadable = |error: serde_json::Error| NotLooked::Program {
            program: "nft".to_owned(),
            reason: error.to_string(),
        };
        let parse =
            tokio::task::spawn_blocking(move || serde_json::from_slice(&output).map(|value| parse(&value)));
        match parse.await {
            Ok(parsed) => parsed.map_err(unreadable),
            Err(error) => Err(NotLooked::Program { program: "nft".to_owned(), reason: error.to_string() }),
        }
    }

    /// The entries of a set; `None` where there is none.
    pub(crate) fn set(&self, family: &str, table: &str, set: &str) -> Option<&Entries> {
        self.sets.get(&((family.to_owned(), table.to_owned()), set.to_owned()))
    }

    /// The chains of a table.
    pub(crate) fn table(&self, family: &str, table: &str) -> Option<&Table> {
        self.tables.get(&(family.to_owned(), table.to_owned()))
    }

    /// The sources that the rules of the tables of this name stop.
    pub(crate) fn stopped_sources(&self, table: &str) -> Entries {
        let mut entries = Entries::default();
        let tables = self.tables.iter().filter(|((_, name), _)| name == table);
        for rule in tables.flat_map(|(_, table)| table.0.values()).flat_map(|chain| &chain.rules) {
            if let (Some(source), Verdict::Stop) = (rule.source, &rule.verdict) {
                entries.add(&source.to_string());
            }
        }
        entries
    }
}

fn parse(output: &Value) -> Ruleset {
    let mut ruleset = Ruleset::default();
    for object in output["nftables"].as_array().into_iter().flatten() {
        if let Some(table) = object.get("table") {
            if table["flags"].to_string().contains("dormant") {
                ruleset.dormant.push((text(&table["family"]), text(&table["name"])));
            }
        } else if let Some(chain) = object.get("chain") {
            let table = ruleset.tables.entry(table_of(chain)).or_default();
            table.0.entry(text(&chain["name"])).or_default().hook = chain["hook"].as_str().map(str::to_owned);
        } else if let Some(set) = object.get("set") {
            let mut entries = Entries::default();
            set["elem"].as_array().into_iter().flatten().for_each(|element| add(&mut entries, element));
            ruleset.sets.insert((table_of(set), text(&set["name"])), entries);
        } else if let Some(rule) = object.get("rule") {
            let table = ruleset.tables.entry(table_of(rule)).or_default();
            table.0.entry(text(&rule["chain"])).or_default().rules.push(self::rule(rule));
        }
    }
    for table in &ruleset.dormant {
        if let Some(table) = ruleset.tables.get_mut(table) {
            table.0.values_mut().for_each(|chain| chain.hook = None);
        }
    }
    ruleset
}

fn table_of(object: &Value) -> TableName {
    (text(&object["family"]), text(&object["table"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Adds `"192.0.2.1"`, `{"elem": {"val": …, "timeout": 600}}`, `{"prefix": {"addr": …, "len": 24}}` or
/// `{"range": [first, last]}`.
fn add(entries: &mut Entries, element: &Value) {
    if let Some(inner) = element.get("elem") {
        add(entries, &inner["val"]);
    } else if let Some(target) = target(element) {
        entries.add(&target);
    } else if let Some([first, last]) = element["range"].as_array().map(Vec::as_slice)
        && let (Ok(first), Ok(last)) = (text(first).parse(), text(last).parse())
    {
        entries.add_range(first, last);
    }
}

fn target(value: &Value) -> Option<String> {
    if let Some(address) = value.as_str() {
        return Some(address.to_owned());
    }
    let prefix = value.get("prefix")?;
    Some(format!("{}/{}", prefix["addr"].as_str()?, prefix["len"].as_u64()?))
}

fn rule(rule: &Value) -> Rule {
    let mut read = Rule::default();
    for part in rule["expr"].as_array().into_iter().flatten() {
        let verdict =
            part.as_object().and_then(|part| Some((part.keys().next()?.as_str(), part.values().next()?)));
        match verdict {
            Some(("match", condition)) => add_condition(&mut read, condition),
            Some(("accept", _)) => read.verdict = Verdict::Accept,
            Some(("drop" | "reject", _)) => read.verdict = Verdict::Stop,
            Some(("jump", to)) => read.verdict = Verdict::Jump(text(&to["target"])),
            Some(("goto", to)) => read.verdict = Verdict::Goto(text(&to["target"])),
            Some(("return", _)) => read.verdict = Verdict::Return,
            Some(("xt", target)) if ["REJECT", "DROP"].contains(&text(&target["name"]).as_str()) => {
                read.verdict = Verdict::Stop;
            }
            Some(("counter" | "log" | "comment", _)) => {}
            _ => read.is_limited = true,
        }
    }
    read.text = describe(&read);
    read
}

fn add_condition(rule: &mut Rule, condition: &Value) {
    let (left, right) = (&condition["left"], &condition["right"]);
    let is_equal = condition["op"] == "==" || condition["op"] == "in";
    if left["ct"]["key"] == "state" && is_equal {
        let has = |state: &str| right.to_string().contains(&format!("\"{state}\""));
        rule.states = Some(States { new: has("new"), established: has("established") });
        return;
    }
    if ["iif", "iifname"].iter().any(|key| left["meta"]["key"] == *key) && is_equal && right == "lo" {
        rule.is_of_loopback = true;
        return;
    }
    let field = text(&left["payload"]["field"]);
    match field.as_str() {
        "saddr" if condition["op"] == "!=" && target(right).is_some() => {
            rule.not_source = target(right).and_then(|target| target.parse::<Target>().ok());
        }
        "saddr" if is_equal => match right.as_str().and_then(|right| right.strip_prefix('@')) {
            Some(set) => rule.set = Some(set.to_owned()),
            None => rule.source = target(right).and_then(|target| target.parse::<Target>().ok()),
        },
        "dport" if is_equal => {
            rule.protocol = Some(text(&left["payload"]["protocol"]));
            rule.ports = ports(right);
        }
        _ if is_equal && left["meta"]["key"] == "l4proto" && right.is_string() => {
            rule.protocol = Some(text(right));
        }
        // `ip protocol tcp`, beside a set of addresses of that family.
        "protocol" | "nexthdr" if is_equal && right.is_string() => rule.protocol = Some(text(right)),
        _ => rule.is_limited = true,
    }
}

/// Reads `22`, `{"range": [80, 90]}` or `{"set": [22, 2222]}`.
fn ports(value: &Value) -> Vec<RangeInclusive<u16>> {
    let port = |value: &Value| u16::try_from(value.as_u64()?).ok();
    if let Some(port) = port(value) {
        return vec![port..=port];
    }
    if let Some([first, last]) = value["range"].as_array().map(Vec::as_slice) {
        return port(first).zip(port(last)).map(|(first, last)| first..=last).into_iter().collect();
    }
    value["set"].as_array().into_iter().flatten().flat_map(ports).collect()
}

/// The rule in few words: nft prints it as JSON or as text, not as both.
fn describe(rule: &Rule) -> String {
    let protocol = rule.protocol.clone().unwrap_or_default();
    let ports: Vec<String> = rule
        .ports
        .iter()
        .map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        })
        .collect();
    let verdict = match &rule.verdict {
        Verdict::Accept => "accept",
        Verdict::Stop => "drop",
        Verdict::Jump(to) | Verdict::Goto(to) => to,
        Verdict::Return => "return",
        Verdict::Other => "",
    };
    let ports = if ports.is_empty() { String::new() } else { format!("dport {}", ports.join(",")) };
    let words = [protocol.as_str(), ports.as_str(), verdict];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_ways_and_sources_are_read() -> Result<(), Box<dyn std::error::Error>> {
        let saddr = |right: Value| json!({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": right}});
        let dport = json!({"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [22, {"range": [80, 90]}]}}});
        let ruleset = parse(&json!({"nftables": [
            {"metainfo": {}}, {"table": {"family": "inet", "name": "f2b-table"}},
            {"set": {"family": "inet", "table": "f2b-table", "name": "a", "elem":
                ["192.0.2.1", {"elem": {"val": "192.0.2.2", "timeout": 9}}, {"prefix": {"addr": "198.51.100.0", "len": 24}},
                 {"range": ["203.0.113.4", "203.0.113.6"]}]}},
            {"set": {"family": "inet", "table": "f2b-table", "name": "empty"}},
            {"chain": {"family": "inet", "table": "f2b-table", "name": "c", "hook": "input"}},
            {"chain": {"family": "inet", "table": "firewalld", "name": "deny"}},
            {"rule": {"family": "inet", "table": "f2b-table", "chain": "c", "expr": [dport, saddr(json!("@a")), {"reject": {}}]}},
            {"rule": {"family": "inet", "table": "firewalld", "chain": "deny", "expr": [saddr(json!("192.0.2.9")), {"drop": null}]}}
        ]}));
        let set = ruleset.set("inet", "f2b-table", "a").ok_or("no set")?;
        for held in ["192.0.2.1", "192.0.2.2", "198.51.100.9", "203.0.113.5"] {
            assert!(set.hold(&held.parse()?), "{held}");
        }
        assert!(
            ruleset.set("inet", "f2b-table", "empty").is_some()
                && ruleset.set("ip", "f2b-table", "a").is_none()
        );
        let table = ruleset.table("inet", "f2b-table").ok_or("no table")?;
        let ways = table.ways(&|rule| rule.set.as_deref() == Some("a"));
        assert_eq!((ways.len(), ways[0].rule.ports.as_slice()), (1, [22..=22, 80..=90].as_slice()));
        assert!(ruleset.stopped_sources("firewalld").hold(&"192.0.2.9".parse()?));
        Ok(())
    }
}
