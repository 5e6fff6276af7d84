//! The question before an action that could lock somebody out of the machine, or undo what the
//! ignore list is for.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::address::{Banned, Target};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::ignore_overlap::{Overlap, overlap};
use crate::domain::jail::{JailName, Reading};
use crate::domain::risk::{Reason, Risk, Together, risks};
use crate::web::extract::ban_key;
use crate::web::extract::form::Fields;

use super::percent;

/// Question before a dangerous action: it could lock out the user who asks for it, or its target is on
/// the ignore list of the jail that is to ban it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockoutQuestion {
    /// Dangerous targets, each with the reason.
    pub(crate) risky: Vec<RiskyTarget>,
    /// Number of other targets, which are not dangerous.
    pub others: usize,
}

/// Something dangerous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RiskyTarget {
    /// The address or network.
    pub name: String,
    /// The jail, where the form does not name it by itself.
    pub jail: Option<JailName>,
    /// Value that a field `confirmed` must hold so that it is done.
    pub key: String,
    /// Reason for the danger, in one sentence or several.
    pub why: String,
    /// True if it could lock somebody out.
    pub(crate) locks_out: bool,
}

/// Facts by which the targets of one form are judged.
struct Asking<'a> {
    client: Option<IpAddr>,
    ignored: &'a IgnoreLists,
    together: Together,
}

/// The ignore lists of jails.
pub(crate) type IgnoreLists = HashMap<JailName, Reading<Vec<Listed>>>;

/// Returns a warning after a ban in `jail` whose ignore list could not be read.
pub(crate) fn unread_list(jail: &JailName, ignored: &IgnoreLists) -> Option<String> {
    let unread = matches!(ignored.get(jail), Some(Err(_)));
    unread.then(|| {
        format!("The ignore list of {jail} could not be read, so it is unknown whether this is on it.")
    })
}

impl LockoutQuestion {
    /// Returns the question about `targets` for somebody who comes from `client`, if any is
    /// dangerous.
    pub(crate) fn of_targets(targets: &[Target], client: Option<IpAddr>) -> Option<Self> {
        let found = risks(targets, client);
        let risky = found.iter().map(|risk| RiskyTarget::new(risk, risk.target.to_string())).collect();
        Self::new(risky, targets.len())
    }

    /// The same for the entry `name` of an ignore list, which stands for `targets`.
    pub(crate) fn of_entry(name: &str, targets: &[Target], client: Option<IpAddr>) -> Option<Self> {
        let risky: Vec<RiskyTarget> =
            risks(targets, client).iter().map(|risk| RiskyTarget::new(risk, name.to_owned())).collect();
        let all = risky.len();
        Self::new(risky, all)
    }

    /// The question before `entry` comes on an ignore list that then covers the share `share` of all addresses.
    pub(crate) fn of_wide_entry(entry: &IgnoreEntry, share: f64) -> Self {
        let name = entry.to_string();
        let is_v6 =
            matches!(entry.target(), Some(Target::Address(IpAddr::V6(_)) | Target::Network(IpNet::V6(_))));
        let why = format!(
            "The list would then cover {} of all {} addresses.",
            percent::in_words(share),
            if is_v6 { "IPv6" } else { "IPv4" }
        );
        let risky = RiskyTarget { key: name.clone(), name, jail: None, why, locks_out: false };
        Self { risky: vec![risky], others: 0 }
    }

    /// The same before they are banned in `jail`, whose ignore list counts too.
    pub(crate) fn of_ban(
        jail: &JailName,
        targets: &[Target],
        client: Option<IpAddr>,
        ignored: &IgnoreLists,
    ) -> Option<Self> {
        let asking = Asking { client, ignored, together: Together::of(targets) };
        let risky = targets
            .iter()
            .filter_map(|target| RiskyTarget::of_ban(jail, *target, &asking, target.to_string()));
        Self::new(risky.collect(), targets.len())
    }

    /// The same for bans in several jails. Entries that are no address are never banned.
    pub(crate) fn of_bans(
        bans: &[(JailName, String)],
        client: Option<IpAddr>,
        ignored: &IgnoreLists,
    ) -> Option<Self> {
        let targets: Vec<(&JailName, Target)> = bans
            .iter()
            .filter_map(|(jail, entry)| Some((jail, *Banned::from_daemon(entry).target()?)))
            .collect();
        let named: Vec<Target> = targets.iter().map(|(_, target)| *target).collect();
        let asking = Asking { client, ignored, together: Together::of(&named) };
        let risky = targets.iter().filter_map(|(jail, target)| {
            let key = ban_key::format_ban_key(jail, target);
            let risky = RiskyTarget::of_ban(jail, *target, &asking, key)?;
            Some(RiskyTarget { jail: Some((*jail).clone()), ..risky })
        });
        Self::new(risky.collect(), targets.len())
    }

    /// Returns true if any of it could lock somebody out.
    pub(crate) fn locks_out(&self) -> bool {
        self.risky.iter().any(|risky| risky.locks_out)
    }

    fn new(risky: Vec<RiskyTarget>, all: usize) -> Option<Self> {
        let others = all.saturating_sub(risky.len());
        if risky.is_empty() { None } else { Some(Self { risky, others }) }
    }

    /// The question, unless the form confirms everything that is dangerous, each by its own key: what
    /// was confirmed for one target lets no other pass.
    pub(crate) fn unless_confirmed(self, fields: &Fields) -> Option<Self> {
        let is_confirmed = |risky: &RiskyTarget| fields.all("confirmed").any(|key| key == risky.key);
        if self.risky.iter().all(is_confirmed) { None } else { Some(self) }
    }

    /// The one that is dangerous, if it is only one.
    pub(crate) fn only(&self) -> Option<&RiskyTarget> {
        match self.risky.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Explains why nothing was done, for the audit.
    pub(crate) fn refusal(&self) -> String {
        let named: Vec<String> =
            self.risky.iter().map(|risky| format!("{}: {}", risky.name, risky.why)).collect();
        let because =
            if self.locks_out() { "it could lock somebody out" } else { "the ignore list names it" };
        format!("It was asked first, because {because}. {}", named.join(" "))
    }
}

impl RiskyTarget {
    fn new(risk: &Risk, key: String) -> Self {
        let why: Vec<String> = risk.reasons.iter().map(|reason| sentence(*reason, &risk.target)).collect();
        Self { name: risk.target.to_string(), jail: None, key, why: why.join(" "), locks_out: true }
    }

    /// Returns the danger of banning `target` in `jail`, if there is any.
    fn of_ban(jail: &JailName, target: Target, asking: &Asking<'_>, key: String) -> Option<Self> {
        let risk = Risk::of_target(target, asking.client, asking.together);
        let risk = risk.map(|risk| Self::new(&risk, key.clone()));
        let list = asking.ignored.get(jail).and_then(|list| list.as_ref().ok());
        let Some(overlap) = list.and_then(|list| overlap(target, list)) else { return risk };
        let why = of_ignore_list(&overlap, jail);
        Some(match risk {
            Some(risk) => Self { why: format!("{} {why}", risk.why), ..risk },
            None => Self { name: target.to_string(), jail: None, key, why, locks_out: false },
        })
    }
}

/// Most entries of an ignore list that are named.
const MOST_NAMED: usize = 3;

fn of_ignore_list(overlap: &Overlap, jail: &JailName) -> String {
    let named = |entries: &[Target]| {
        let some: Vec<String> = entries.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = if entries.len() > MOST_NAMED { " and more" } else { "" };
        format!("{}{more}", some.join(", "))
    };
    match overlap {
        Overlap::Whole(entries) => format!(
            "It is on the ignore list of {jail} ({}): only this manual ban holds it, and fail2ban does not restore it \
             after a restart.",
            named(entries)
        ),
        Overlap::Part(entries) => format!(
            "It contains what is on the ignore list of {jail} ({}), which is then banned as well.",
            named(entries)
        ),
    }
}

fn sentence(reason: Reason, target: &Target) -> String {
    match (reason, target) {
        (Reason::Client(client), target) if *target == client.into() => {
            "This is your own address.".to_owned()
        }
        (Reason::Client(client), _) => format!("It contains {client}, your own address."),
        (Reason::Loopback, Target::Address(address)) if address.is_loopback() => {
            "This is the server's loopback address.".to_owned()
        }
        (Reason::Loopback, _) => "It contains the server's loopback addresses.".to_owned(),
        (Reason::Large, Target::Address(_)) => "fail2ban writes the network of all addresses so.".to_owned(),
        (Reason::Large, Target::Network(network)) if network.prefix_len() == 0 => {
            "It is the network of all addresses.".to_owned()
        }
        (Reason::Large, Target::Network(_)) => "It is a very large network.".to_owned(),
        (Reason::LargeTogether, _) => "Together with the others it is very large.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(named: &str) -> Option<LockoutQuestion> {
        let targets: Vec<Target> = named.split(' ').filter_map(|text| text.parse().ok()).collect();
        LockoutQuestion::of_targets(&targets, "203.0.113.7".parse().ok())
    }

    fn is_open(named: &str, form: &str) -> bool {
        let fields = Fields::parse(form.as_bytes());
        question(named).and_then(|question| question.unless_confirmed(&fields)).is_some()
    }

    #[test]
    fn only_what_was_asked_about_is_confirmed() {
        let both = "::1 198.51.100.1 203.0.113.0/24";
        assert_eq!(question(both).map(|question| (question.risky.len(), question.others)), Some((2, 1)));
        for form in [
            "",
            "confirmed=yes",
            "confirmed=%3A%3A1",
            "confirmed=203.0.113.0/24&confirmed=127.0.0.1",
            "confirmed=",
        ] {
            assert!(is_open(both, form), "{form}");
        }
        assert!(!is_open(both, "confirmed=%3A%3A1&confirmed=203.0.113.0/24"));
        assert!(!is_open("198.51.100.1", ""));
    }

    #[test]
    fn each_reason_is_a_plain_sentence() {
        for (target, why) in [
            ("203.0.113.7", "This is your own address."),
            ("203.0.113.0/24", "It contains 203.0.113.7, your own address."),
            ("::1", "This is the server's loopback address."),
            ("127.0.0.0/8", "It contains the server's loopback addresses."),
            ("8.0.0.0/7", "It is a very large network."),
        ] {
            let asked = question(target).map(|question| question.risky.into_iter().map(|risky| risky.why));
            assert_eq!(asked.map(Iterator::collect), Some(vec![why.to_owned()]), "{target}");
        }
        let all = question("::/0").and_then(|question| question.only().map(|risky| risky.why.clone()));
        assert!(all.is_some_and(|why| why.ends_with("It is the network of all addresses.")));
    }
}
