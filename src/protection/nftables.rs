//! What `nft -j list ruleset` prints: its tables, their sets and chains.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::protection::NotLooked;

use super::entries::Entries;
use super::nft_rule::{entries, rules, text};
use super::programs::output;
use super::rules::{Table, Verdict};

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
    let objects = || output["nftables"].as_array().into_iter().flatten();
    let mut maps = BTreeMap::<(TableName, String), &Value>::new();
    for map in objects().filter_map(|object| object.get("map")) {
        maps.insert((table_of(map), text(&map["name"])), &map["elem"]);
    }
    for object in objects() {
        if let Some(table) = object.get("table") {
            if table["flags"].to_string().contains("dormant") {
                ruleset.dormant.push((text(&table["family"]), text(&table["name"])));
            }
        } else if let Some(chain) = object.get("chain") {
            let table = ruleset.tables.entry(table_of(chain)).or_default();
            table.0.entry(text(&chain["name"])).or_default().hook = chain["hook"].as_str().map(str::to_owned);
        } else if let Some(set) = object.get("set") {
            ruleset.sets.insert((table_of(set), text(&set["name"])), entries(&set["elem"]));
        } else if let Some(rule) = object.get("rule") {
            let of = table_of(rule);
            let map = |name: &str| maps.get(&(of.clone(), name.to_owned())).copied();
            let read = rules(&rule["expr"], &map);
            let table = ruleset.tables.entry(of.clone()).or_default();
            table.0.entry(text(&rule["chain"])).or_default().rules.extend(read);
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
