//! The tags in the commands of an action, replaced as fail2ban does for one family of addresses.

use std::collections::BTreeMap;

use crate::domain::protection::Family;

/// The longest command that is looked at, and how deep tags may stand in tags
/// (`fail2ban/server/utils.py` allows more, `MAX_TAG_REPLACE_COUNT`).
const LONGEST: usize = 16 * 1024;
const DEEPEST: usize = 8;

/// Replaces the tags of `command` by `properties`. For IPv6 the value of `name?family=inet6` wins
/// (`fail2ban/server/action.py`, `replaceTag`). A tag that no property has stays, as `<ip>`.
pub(crate) fn replace(command: &str, properties: &BTreeMap<String, String>, family: Family) -> String {
    let mut command = command.to_owned();
    for _ in 0..DEEPEST {
        let (replaced, is_changed) = replace_once(&command, properties, family);
        command = replaced;
        if !is_changed || command.len() > LONGEST {
            break;
        }
    }
    command
}

fn replace_once(command: &str, properties: &BTreeMap<String, String>, family: Family) -> (String, bool) {
    let (mut replaced, mut rest, mut is_changed) = (String::new(), command, false);
    while let Some(begin) = rest.find('<') {
        let (before, tag) = rest.split_at(begin);
        replaced.push_str(before);
        let name = tag[1..].split_once('>').map(|(name, _)| name).filter(|name| is_name(name));
        if let Some((name, value)) = name.and_then(|name| Some((name, value(name, properties, family)?))) {
            replaced.push_str(value);
            rest = &tag[name.len() + 2..];
            is_changed = true;
        } else {
            replaced.push('<');
            rest = &tag[1..];
        }
    }
    replaced.push_str(rest);
    (replaced, is_changed)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'))
}

fn value<'a>(name: &str, properties: &'a BTreeMap<String, String>, family: Family) -> Option<&'a str> {
    let own = (family == Family::V6).then(|| properties.get(&format!("{name}?family=inet6"))).flatten();
    own.or_else(|| properties.get(name)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_in_a_tag_is_replaced_and_the_family_chooses() {
        let properties: BTreeMap<String, String> = [
            ("iptables", "iptables <lockingopt>"),
            ("iptables?family=inet6", "ip6tables <lockingopt>"),
            ("lockingopt", "-w"),
            ("name", "sshd"),
            ("chain", "<chain>"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let command = "<iptables> -I f2b-<name> 1 -s <ip> -j <chain> 2>&1 <";
        assert_eq!(
            replace(command, &properties, Family::V4),
            "iptables -w -I f2b-sshd 1 -s <ip> -j <chain> 2>&1 <"
        );
        assert!(replace(command, &properties, Family::V6).starts_with("ip6tables -w -I"));
    }
}
