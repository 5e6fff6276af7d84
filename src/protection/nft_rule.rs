//! A rule as nft prints it in JSON. One with a verdict map is as many rules as the map has entries.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::entries::Entries;
use super::rules::{Rule, States, Verdict};

/// The entries of the verdict map of this name, in the table of the rule.
pub(super) type Map<'a> = dyn Fn(&str) -> Option<&'a Value> + 'a;

/// Reads the expressions of a rule.
pub(super) fn rules(expressions: &Value, map: &Map<'_>) -> Vec<Rule> {
    let (mut read, mut cases) = (Rule::default(), None);
    for part in expressions.as_array().into_iter().flatten() {
        let Some((kind, content)) = part.as_object().and_then(|part| part.iter().next()) else { continue };
        match kind.as_str() {
            "match" => add_condition(&mut read, content),
            "vmap" => cases = Some(content),
            "xt" if ["REJECT", "DROP"].contains(&text(&content["name"]).as_str()) => {
                read.verdict = Verdict::Stop;
            }
            "counter" | "log" | "comment" => {}
            _ => match verdict(part) {
                Some(verdict) => read.verdict = verdict,
                None => read.is_limited = true,
            },
        }
    }
    let mut rules = cases.map_or_else(|| vec![read.clone()], |cases| by_case(&read, cases, map));
    for rule in &mut rules {
        rule.text = describe(rule);
    }
    rules
}

/// The rules that `{"key": …, "data": {"set": [[value, verdict], …]}}` or `"data": "@name"` stands for. At most one of
/// them matches, so their order says nothing, but for `*`, which matches what no other does.
fn by_case(conditions: &Rule, cases: &Value, map: &Map<'_>) -> Vec<Rule> {
    let (key, data) = (&cases["key"], &cases["data"]);
    let named = data.as_str().and_then(|name| map(name.strip_prefix('@')?));
    let mut rules = Vec::new();
    let mut of_others = None;
    for case in named.unwrap_or(&data["set"]).as_array().into_iter().flatten() {
        let value = case[0].get("elem").map_or(&case[0], |element| &element["val"]);
        let mut rule = conditions.clone();
        match verdict(&case[1]) {
            Some(verdict) => rule.verdict = verdict,
            None => rule.is_limited = true,
        }
        if value == "*" {
            of_others = Some(rule);
        } else {
            add_equal(&mut rule, key, value);
            rules.push(rule);
        }
    }
    rules.extend(of_others);
    rules
}

/// Reads `{"accept": null}` or `{"jump": {"target": "chain"}}`.
fn verdict(part: &Value) -> Option<Verdict> {
    let (kind, to) = part.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "accept" => Verdict::Accept,
        "drop" | "reject" => Verdict::Stop,
        "jump" => Verdict::Jump(text(&to["target"])),
        "goto" => Verdict::Goto(text(&to["target"])),
        "return" => Verdict::Return,
        "continue" => Verdict::Other,
        _ => return None,
    })
}

fn add_condition(rule: &mut Rule, condition: &Value) {
    let (left, right) = (&condition["left"], &condition["right"]);
    if condition["op"] == "==" || condition["op"] == "in" {
        add_equal(rule, left, right);
        return;
    }
    let not_from = target(right).and_then(|target| target.parse().ok());
    if condition["op"] == "!=" && left["payload"]["field"] == "saddr" && not_from.is_some() {
        rule.not_source = not_from;
    } else {
        rule.is_limited = true;
    }
}

fn add_equal(rule: &mut Rule, left: &Value, right: &Value) {
    if left["ct"]["key"] == "state" {
        let has = |state: &str| right.to_string().contains(&format!("\"{state}\""));
        rule.states = Some(States { new: has("new"), established: has("established") });
        return;
    }
    if ["iif", "iifname"].iter().any(|key| left["meta"]["key"] == *key) && right == "lo" {
        rule.is_of_loopback = true;
        return;
    }
    match left["payload"]["field"].as_str().unwrap_or_default() {
        "saddr" => match right.as_str().and_then(|right| right.strip_prefix('@')) {
            Some(set) => rule.set = Some(set.to_owned()),
            None => match target(right).and_then(|target| target.parse().ok()) {
                Some(source) => rule.source = Some(source),
                None => rule.sources = Some(entries(right.get("set").unwrap_or(right))),
            },
        },
        "dport" => {
            rule.protocol = Some(text(&left["payload"]["protocol"])).filter(|protocol| protocol != "th");
            rule.ports = ports(right);
            // A set of ports.
            rule.is_limited |= rule.ports.is_empty();
        }
        // `ip protocol tcp`, beside a set of addresses of that family.
        "protocol" | "nexthdr" if right.is_string() => rule.protocol = Some(text(right)),
        _ if left["meta"]["key"] == "l4proto" && right.is_string() => rule.protocol = Some(text(right)),
        _ => rule.is_limited = true,
    }
}

/// The entries of a set, or one alone.
pub(super) fn entries(elements: &Value) -> Entries {
    let mut entries = Entries::default();
    match elements.as_array() {
        Some(elements) => elements.iter().for_each(|element| add(&mut entries, element)),
        None => add(&mut entries, elements),
    }
    entries
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

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The rule in few words: nft prints it as JSON or as text, not as both.
fn describe(rule: &Rule) -> String {
    let ports: Vec<String> = rule
        .ports
        .iter()
        .map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        })
        .collect();
    let states = rule.states.map(|states| match (states.new, states.established) {
        (true, true) => "ct state new,established",
        (true, false) => "ct state new",
        (false, _) => "ct state established",
    });
    let verdict = match &rule.verdict {
        Verdict::Accept => "accept",
        Verdict::Stop => "drop",
        Verdict::Jump(to) | Verdict::Goto(to) => to,
        Verdict::Return => "return",
        Verdict::Other => "",
    };
    let words = [
        states.unwrap_or_default().to_owned(),
        rule.source.map(|source| format!("saddr {source}")).unwrap_or_default(),
        rule.protocol.clone().unwrap_or_default(),
        if ports.is_empty() { String::new() } else { format!("dport {}", ports.join(",")) },
        verdict.to_owned(),
    ];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protection::rules::{Chain, End, Packet, Table};

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// How the first packet from 203.0.113.7 to port 22 ends among the rules that `expressions` stand for.
    fn end(expressions: &Value) -> Result<String, Box<dyn std::error::Error>> {
        let named = json!([[{"elem": {"val": 22, "comment": "x"}}, {"jump": {"target": "ssh"}}]]);
        let map = |name: &str| (name == "named").then_some(&named);
        let accept = Rule { verdict: Verdict::Accept, ..Rule::default() };
        let table = Table([("ssh".to_owned(), Chain { hook: None, rules: vec![accept] })].into());
        let chain = Chain { hook: None, rules: rules(expressions, &map) };
        let packet = Packet { source: &"203.0.113.7".parse()?, protocol: "tcp", port: 22, is_new: true };
        Ok(match table.follow(&chain, packet, &|_| None) {
            End::Stopped => "stopped".to_owned(),
            End::Accepted(rule) => format!("accepted: {}", rule.text),
            End::Passed => "passed".to_owned(),
        })
    }

    #[test]
    fn the_entry_of_a_verdict_map_that_a_packet_matches_is_the_one_that_counts() -> TestResult {
        let saddr = json!({"payload": {"protocol": "ip", "field": "saddr"}});
        let dport = json!({"payload": {"protocol": "tcp", "field": "dport"}});
        let (state, name) = (json!({"ct": {"key": "state"}}), json!({"meta": {"key": "iifname"}}));
        let (accept, drop) = (json!({"accept": null}), json!({"drop": null}));
        let net = json!({"prefix": {"addr": "203.0.113.0", "len": 24}});
        let range = json!({"range": ["203.0.113.6", "203.0.113.8"]});
        for (key, data, expected) in [
            (&state, json!({"set": [["established", accept], ["invalid", drop]]}), "passed"),
            (
                &state,
                json!({"set": [["established", accept], ["new", accept]]}),
                "accepted: ct state new accept",
            ),
            (&name, json!({"set": [["lo", accept]]}), "passed"),
            (&name, json!({"set": [["lo", accept], ["*", drop]]}), "stopped"),
            (&dport, json!({"set": [[80, accept], [22, drop]]}), "stopped"),
            (&dport, json!({"set": [[{"range": [20, 30]}, accept]]}), "accepted: tcp dport 20-30 accept"),
            (&dport, json!("@named"), "accepted: "),
            (&dport, json!("@gone"), "passed"),
            (&saddr, json!({"set": [["203.0.113.8", accept]]}), "passed"),
            (&saddr, json!({"set": [[net, accept]]}), "accepted: saddr 203.0.113.0/24 accept"),
            (&saddr, json!({"set": [[range, accept]]}), "accepted: accept"),
        ] {
            let found = end(&json!([{"vmap": {"key": key, "data": data}}]))?;
            assert_eq!(found, expected, "{key} {data}");
        }
        // Sources without a name.
        let of =
            |right: Value| json!([{"match": {"op": "==", "left": saddr, "right": right}}, {"accept": null}]);
        assert_eq!(end(&of(json!({"set": ["192.0.2.1", "192.0.2.2"]})))?, "passed");
        assert_eq!(end(&of(json!({"set": ["192.0.2.1", "203.0.113.7"]})))?, "accepted: accept");
        Ok(())
    }
}
