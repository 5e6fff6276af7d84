//! Messages about actions that failed when a jail was reloaded or started.

use crate::domain::action_failure::{ActionFailure, ActionTask, FailureGroup, grouped};
use crate::domain::jail::JailName;
use crate::domain::text::printable;
use crate::web::view::format;

use super::Explain as _;
use super::action_failures::{MOST_GROUPS, MOST_NAMED};

/// Describes the failures when `jail` was reloaded or started, and their consequences.
pub(crate) fn in_jail(jail: &JailName, failures: &[ActionFailure]) -> String {
    let groups = grouped(failures);
    let mut told: Vec<String> = groups.iter().take(MOST_GROUPS).map(of_start).collect();
    if groups.len() > MOST_GROUPS {
        told.push("more is in fail2ban's log".to_owned());
    }
    let is_lifted = |group: &FailureGroup| group.task == ActionTask::Unban;
    let enforced = (!groups.iter().all(is_lifted)).then_some("Bans may not be enforced.");
    let lifted = groups.iter().any(is_lifted).then_some("What was lifted may still be blocked.");
    let means = enforced.into_iter().chain(lifted).collect::<Vec<_>>().join(" ");
    format!("{}: {}. {means}", printable(jail.as_str()), told.join("; "))
}

fn of_start(group: &FailureGroup) -> String {
    let FailureGroup { action, task, cause, banned } = group;
    let whom = match banned.as_slice() {
        few if few.len() <= MOST_NAMED => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        many => format!("{} addresses", format::number(many.len())),
    };
    let what = match task {
        ActionTask::Start => "start".to_owned(),
        ActionTask::Ban => format!("ban {whom}"),
        ActionTask::Unban if banned.is_empty() => "stop".to_owned(),
        ActionTask::Unban => format!("unban {whom}"),
    };
    format!("its action “{action}” failed to {what} ({})", cause.explain())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::messages::action_failures::tests::failure;

    #[test]
    fn what_failed_in_a_jail_is_told_with_what_the_action_should_have_done()
    -> Result<(), Box<dyn std::error::Error>> {
        let jail = "sshd".parse()?;
        let start = ActionFailure { task: ActionTask::Start, ..failure(None, "127") };
        assert_eq!(
            in_jail(&jail, std::slice::from_ref(&start)),
            "sshd: its action “nftables” failed to start (its command returned 127). Bans may not be enforced."
        );
        let unban = ActionFailure { task: ActionTask::Unban, ..failure(Some("203.0.113.5"), "1") };
        assert_eq!(
            in_jail(&jail, std::slice::from_ref(&unban)),
            "sshd: its action “nftables” failed to unban 203.0.113.5 (its command returned 1). \
             What was lifted may still be blocked."
        );
        let said = in_jail(&jail, &[start, failure(Some("203.0.113.5"), "127"), unban]);
        assert!(said.contains("127); its action “nftables” failed to ban 203.0.113.5 (its"), "{said}");
        assert!(said.ends_with("enforced. What was lifted may still be blocked."), "{said}");
        Ok(())
    }
}
