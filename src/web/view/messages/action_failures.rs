//! The words for actions that failed: fail2ban bans and unbans all the same, but the firewall may not know.

use std::collections::BTreeSet;

use crate::domain::action_failure::{ActionFailure, FailureGroup, grouped};
use crate::domain::jail::JailName;
use crate::web::session::flash::Flash;

use super::Explain as _;
use crate::web::view::format;

/// Most kinds of failure that are described; the others are in fail2ban's log.
pub(super) const MOST_GROUPS: usize = 3;
/// Most entries that are named for each.
pub(super) const MOST_NAMED: usize = 5;

/// Operation for which the actions were run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A ban.
    Ban,
    /// An unban, or the end of a jail.
    Unban,
}

/// Combines the message `done` with the description of the actions that failed meanwhile. `all` is
/// the number of entries the command named, 0 for all of a jail.
pub(crate) fn flash(done: String, deed: Operation, failures: &[ActionFailure], all: usize) -> Flash {
    match sentences(deed, failures, all) {
        None => Flash::good(done),
        Some(but) => Flash::warning(format!("{done} {but}")),
    }
}

/// Describes the failures and their consequences. `None` where no failure is known.
pub(crate) fn sentences(deed: Operation, failures: &[ActionFailure], all: usize) -> Option<String> {
    sentences_at("", deed, failures, all)
}

/// The same, naming the jail: one of several.
pub(crate) fn sentences_in(
    jail: &JailName,
    deed: Operation,
    failures: &[ActionFailure],
    all: usize,
) -> Option<String> {
    sentences_at(&format!(" in {jail}"), deed, failures, all)
}

fn sentences_at(place: &str, deed: Operation, failures: &[ActionFailure], all: usize) -> Option<String> {
    let groups = grouped(failures);
    if groups.is_empty() {
        return None;
    }
    let mut sentences: Vec<String> =
        groups.iter().take(MOST_GROUPS).map(|group| sentence(place, group, all)).collect();
    if groups.len() > MOST_GROUPS {
        sentences.push("More failures are in fail2ban's log.".to_owned());
    }
    let whom: BTreeSet<_> = failures.iter().map(|failure| failure.banned.as_ref()).collect();
    let it = if whom.len() == 1 && !whom.contains(&None) { "It" } else { "They" };
    sentences.push(match deed {
        Operation::Ban => format!("{it} may not be blocked."),
        Operation::Unban => format!("{it} may still be blocked."),
    });
    Some(sentences.join(" "))
}

fn sentence(place: &str, group: &FailureGroup, all: usize) -> String {
    let FailureGroup { action, cause, banned, .. } = group;
    let whom = match banned.as_slice() {
        [] => String::new(),
        [_] if all == 1 => String::new(),
        few if few.len() <= MOST_NAMED => {
            format!(" for {}", few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        many => format!(" for {} of them", format::number(many.len())),
    };
    format!("But{place} the action “{action}” failed{whom}: {}.", cause.explain())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::action_failure::{ActionTask, CommandEnd, FailureCause};
    use crate::domain::address::Banned;

    pub(crate) fn failure(banned: Option<&str>, status: &str) -> ActionFailure {
        let end = CommandEnd::Returned(status.to_owned());
        ActionFailure {
            banned: banned.map(Banned::from_daemon),
            action: "nftables".to_owned(),
            task: ActionTask::Ban,
            cause: FailureCause::Command { end, errors: Vec::new() },
        }
    }

    #[test]
    fn one_failure_is_one_sentence_and_what_it_means() {
        let one = [failure(Some("203.0.113.5"), "1")];
        let said = sentences(Operation::Ban, &one, 1);
        let expected = "But the action “nftables” failed: its command returned 1. It may not be blocked.";
        assert_eq!(said.as_deref(), Some(expected));
        let said = sentences(Operation::Unban, &one, 2).unwrap_or_default();
        assert!(said.contains("failed for 203.0.113.5: its") && said.ends_with("It may still be blocked."));
        let said =
            "sshd".parse::<JailName>().ok().and_then(|jail| sentences_in(&jail, Operation::Unban, &one, 1));
        let expected =
            "But in sshd the action “nftables” failed: its command returned 1. It may still be blocked.";
        assert_eq!(said.as_deref(), Some(expected));
        assert_eq!(sentences(Operation::Ban, &[], 1), None);
    }

    #[test]
    fn many_failures_are_few_sentences() {
        let many: Vec<_> =
            (0..100).map(|n| failure(Some(&format!("203.0.113.{n}")), &(n % 10).to_string())).collect();
        let said = sentences(Operation::Ban, &many, 100).unwrap_or_default();
        assert!(said.contains("failed for 10 of them: its command returned 0."), "{said}");
        assert!(said.contains("More failures are in fail2ban's log. They may not be blocked."), "{said}");
        assert!(said.len() < 400, "{said}");
        let whole = sentences(Operation::Unban, &[failure(None, "1")], 1);
        assert!(whole.is_some_and(|said| said.ends_with("returned 1. They may still be blocked.")));
    }
}
