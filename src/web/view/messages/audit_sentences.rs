//! Rows of the audit as sentences: "Unbanned 24.48.2.115 in recidive". The raw fields stand below each.

use crate::domain::audit::{Entry, Outcome, is_between};
use crate::domain::text::escaped;
use crate::web::extract::ban_key::parse_ban_key;

use super::audit_actions::ACTIONS;
use super::audit_actions::Object::{Account, Bans, Fields, Jail, Names, Nothing};
use super::audit_rows::ENDED;

/// Names that a sentence holds; the number of the others follows.
const MOST_NAMES: usize = 3;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// The name of an address, an entry, a jail or an account.
    Name(String),
}

impl Part {
    /// Returns true if no space stands before it.
    pub(crate) fn joins(&self) -> bool {
        matches!(self, Self::Text(text) if text.starts_with(','))
    }
}

/// The sentence for a row.
pub(crate) fn sentence(entry: &Entry, outcome: Outcome) -> Vec<Part> {
    let target = Target::read(&entry.target);
    let action = entry.action.strip_suffix(ENDED).unwrap_or(&entry.action);
    let off = format!("{action} off");
    let is_off = target.value("on") == Some("false");
    let known = ACTIONS
        .iter()
        .find(|(name, ..)| is_off && *name == off)
        .or_else(|| ACTIONS.iter().find(|(name, ..)| *name == action));
    let Some(&(_, done, asked, object)) = known else {
        let action = Part::Text(format!("Action “{}”", escaped(action)));
        return [vec![action], target.names_in(entry.jail.as_deref())].concat();
    };
    let verb = if outcome == Outcome::Done { done } else { asked };
    let object = match object {
        Nothing => Vec::new(),
        Names => {
            [target.names_in(entry.jail.as_deref()), target.lasting(action).into_iter().collect()].concat()
        }
        Bans => target.bans(),
        Jail => names(entry.jail.as_slice()),
        Account => target.account(),
        Fields => target.fields(),
    };
    let verb = if object.is_empty() { verb.trim_end_matches(':') } else { verb };
    let verb = match verb.strip_suffix("entry").filter(|_| target.names.len() > 1) {
        Some(start) => format!("{start}entries"),
        None => verb.to_owned(),
    };
    [vec![Part::Text(verb)], object].concat()
}

/// `sentence` on one line.
pub(crate) fn plain(sentence: &[Part]) -> String {
    let parts = sentence.iter().map(|part| match part {
        Part::Text(text) | Part::Name(text) => text.as_str(),
    });
    parts.collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

/// The value that a row's `target` has for a field.
pub(crate) fn field<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    Target::read(target).value(name)
}

/// The name of an action, to choose it by.
pub(crate) fn label(action: &str) -> String {
    let mut characters = action.chars();
    match (action, characters.next()) {
        ("unban many", _) => "Unban (list)".to_owned(),
        ("look", _) => "Open a page (refused)".to_owned(),
        (_, Some(first)) => first.to_uppercase().chain(characters).collect(),
        (_, None) => String::new(),
    }
}

/// What a request named, as [`crate::web::middleware::audit`] writes it: names, then fields. Whoever sent it may
/// have written it otherwise, so this is for reading alone.
struct Target<'a> {
    names: Vec<&'a str>,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Target<'a> {
    fn read(target: &'a str) -> Self {
        let mut read = Self { names: Vec::new(), fields: Vec::new() };
        for part in target.split(", ") {
            match part.split_once(": ").filter(|(name, _)| is_field(name)) {
                Some(field) => read.fields.push(field),
                None => read.names.extend(part.split(is_between).filter(|name| !name.is_empty())),
            }
        }
        read
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    fn names_in(&self, jail: Option<&str>) -> Vec<Part> {
        let entries = self.fields.iter().filter(|(name, _)| *name == "entry").map(|(_, value)| *value);
        let mut parts =
            names(&self.names.iter().copied().chain(entries).map(str::to_owned).collect::<Vec<_>>());
        if self.value("all").or(self.value("everywhere")).is_some() {
            parts.push(Part::Text("in every jail".to_owned()));
        }
        if let Some(jail) = jail {
            let word = if parts.is_empty() { "entries in" } else { "in" };
            parts.extend([Part::Text(word.to_owned()), Part::Name(escaped(jail))]);
        }
        parts
    }

    /// How long what is ignored stays so, or a ban lasts, and why.
    fn lasting(&self, action: &str) -> Option<Part> {
        if ["ban", "ban again"].contains(&action) {
            return self.ban_term();
        }
        if action == "ignore everywhere" {
            let until = self.value("until")?;
            return Some(Part::Text(format!(", until the end of {}", escaped(until))));
        }
        self.value("keep").filter(|_| action == "ignore")?;
        let until = self.value("until").map(|day| format!(", kept until {}", escaped(day)));
        Some(Part::Text(until.unwrap_or_else(|| ", for good".to_owned())))
    }

    fn ban_term(&self) -> Option<Part> {
        let until = self.value("until").unwrap_or_default();
        let lasts = match self.value("length")? {
            "forever" => ", forever".to_owned(),
            "day" => format!(", until the end of {}", escaped(until)),
            length => format!(", for {}", in_words(length)),
        };
        let reason = self.value("reason").map(|reason| format!(": {}", escaped(reason)));
        Some(Part::Text(lasts + reason.as_deref().unwrap_or_default()))
    }

    fn bans(&self) -> Vec<Part> {
        let keys = self.fields.iter().filter(|(name, _)| ["one", "ban"].contains(name));
        let keys: Vec<_> = keys.filter_map(|(_, key)| parse_ban_key(key).ok()).collect();
        if let [(jail, entry)] = keys.as_slice() {
            let (entry, jail) = (escaped(entry), escaped(jail.as_str()));
            return vec![Part::Name(entry), Part::Text("in".to_owned()), Part::Name(jail)];
        }
        if !keys.is_empty() {
            return names(&keys.iter().map(|(jail, entry)| format!("{entry} in {jail}")).collect::<Vec<_>>());
        }
        match self.value("network") {
            Some(network) => {
                vec![Part::Text("everything inside".to_owned()), Part::Name(escaped(network))]
            }
            None if self.value("which") == Some("matching") => {
                vec![Part::Text("everything that matched a search".to_owned())]
            }
            None => vec![Part::Text("the chosen bans".to_owned())],
        }
    }

    fn account(&self) -> Vec<Part> {
        let (new, own) = (self.value("username"), self.value("account"));
        let mut parts: Vec<Part> = own.or(new).map(|name| Part::Name(escaped(name))).into_iter().collect();
        if let Some(role) = self.value("role") {
            let word = if own.is_some() { "to" } else { "as" };
            parts.push(Part::Text(format!("{word} {}", escaped(role))));
        }
        parts
    }

    fn fields(&self) -> Vec<Part> {
        let fields = self.fields.iter().map(|(name, value)| format!("{} {}", escaped(name), escaped(value)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        if fields.is_empty() { Vec::new() } else { vec![Part::Text(fields)] }
    }
}

/// A length as a form names it, `30d`, in words; anything else as it is.
fn in_words(length: &str) -> String {
    let unit = match length.chars().last() {
        Some('h') => "hour",
        Some('d') => "day",
        Some('y') => "year",
        _ => return escaped(length),
    };
    match length.trim_end_matches(char::is_alphabetic) {
        "1" => format!("1 {unit}"),
        many if many.len() + 1 == length.len() && many.parse::<u32>().is_ok() => format!("{many} {unit}s"),
        _ => escaped(length),
    }
}

fn is_field(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-')
}

/// The first of `names`, and the number of the others.
fn names(names: &[String]) -> Vec<Part> {
    let more = names.len().saturating_sub(MOST_NAMES);
    let first = names.iter().take(MOST_NAMES).map(|name| escaped(name)).collect::<Vec<_>>().join(", ");
    let mut parts = if first.is_empty() { Vec::new() } else { vec![Part::Name(first)] };
    if more > 0 {
        parts.push(Part::Text(format!("and {more} more")));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(action: &str, jail: Option<&str>, target: &str, outcome: Outcome) -> String {
        let (action, target) = (action.to_owned(), target.to_owned());
        let entry = Entry { account: None, address: None, action, jail: jail.map(str::to_owned), target };
        plain(&sentence(&entry, outcome))
    }

    #[test]
    fn a_row_is_a_sentence() {
        for (action, jail, target, words) in [
            ("ban", Some("sshd"), "203.0.113.5", "Banned 203.0.113.5 in sshd"),
            (
                "unban many",
                None,
                "which: selected, one: recidive/24.48.2.115",
                "Unbanned 24.48.2.115 in recidive",
            ),
            (
                "put back kept ignore entry",
                Some("sshd"),
                "192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5",
                "Restored the kept entries 192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more in sshd",
            ),
            (
                "unban many",
                None,
                "which: network, network: 192.0.2.0/24",
                "Unbanned everything inside 192.0.2.0/24",
            ),
            ("unban many ended", None, "", "Unbanned the chosen bans"),
            ("quick unban", None, "203.0.113.5", "Unbanned 203.0.113.5"),
            ("ignore", Some("sshd"), "192.0.2.1, keep: yes", "Ignored 192.0.2.1 in sshd, for good"),
            (
                "ignore",
                Some("sshd"),
                "192.0.2.1, keep: yes, until: 2027-01-01",
                "Ignored 192.0.2.1 in sshd, kept until 2027-01-01",
            ),
            (
                "ignore everywhere",
                None,
                "192.0.2.1, note: the office, until: 2027-01-01",
                "Ignored in all jails: 192.0.2.1, until the end of 2027-01-01",
            ),
            (
                "ban",
                Some("sshd"),
                "203.0.113.5, length: 30d, reason: scraper",
                "Banned 203.0.113.5 in sshd, for 30 days: scraper",
            ),
            ("ban", None, "203.0.113.5, all: yes, keep: yes", "Banned 203.0.113.5 in every jail"),
            ("idle jail", Some("sshd"), "on: false", "Woke sshd"),
            ("reload jail ended", Some("sshd"), "", "Reloaded sshd"),
            ("add account", None, "username: bob, role: viewer", "Added the account bob as viewer"),
            ("disable account", None, "account: bob, on: false", "Enabled the account bob"),
            ("change role", None, "account: bob, role: viewer", "Changed the role of bob to viewer"),
            ("change server settings", None, "loglevel: DEBUG", "Changed server settings: loglevel DEBUG"),
            ("ban", Some("sshd"), "a b c d e", "Banned a, b, c and 2 more in sshd"),
            ("something new", Some("sshd"), "x", "Action “something new” x in sshd"),
        ] {
            assert_eq!(told(action, jail, target, Outcome::Done), words);
        }
    }

    #[test]
    fn what_was_not_done_is_not_told_as_done() {
        for outcome in [Outcome::Refused, Outcome::Failed, Outcome::Begun, Outcome::Open] {
            assert_eq!(told("unban", Some("sshd"), "203.0.113.5", outcome), "Unban 203.0.113.5 in sshd");
        }
    }

    #[test]
    fn a_hostile_name_controls_nothing() {
        let words = told("ban", Some("a\u{202e}b"), "x\u{1b}[2Jy, one: \u{0}", Outcome::Done);
        assert_eq!(words, r"Banned x\u{1b}[2Jy in a\u{202e}b");
    }
}
