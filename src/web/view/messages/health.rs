//! Whether fail2ban protects, in a few words.

use crate::domain::jail::JailName;
use crate::domain::lack::Lack;
use crate::jail_service::{Health, Trouble};
use crate::web::view::format;

use super::job;

/// The words for the head of a page: fail2ban's version where all is well, or else what is not.
pub(crate) fn summary(health: &Health) -> String {
    if health.is_well() { format!("fail2ban {}", health.version) } else { in_short(health) }
}

/// Describes what is not well.
pub(crate) fn in_short(health: &Health) -> String {
    if let Some(restart) = &health.restart {
        return job::under_way(restart).to_owned();
    }
    if health.is_starting {
        let jails = if health.running == 1 { "jail" } else { "jails" };
        return format!("fail2ban is starting: {} {jails} so far", format::number(health.running));
    }
    let Some((_, first)) = health.troubles.first().filter(|_| health.running > 0) else {
        return "No jail is running".to_owned();
    };
    let of = health.jails();
    let (number, jails) = (health.troubles.len(), if of == 1 { "jail" } else { "jails" });
    let what = if health.troubles.iter().all(|(_, trouble)| trouble == first) {
        state(first)
    } else if number == 1 {
        "needs attention"
    } else {
        "need attention"
    };
    format!("{} of {} {jails} {what}", format::number(number), format::number(of))
}

/// Describes a jail with this trouble, behind its name.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
pub(crate) fn state(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Stopped => "stopped",
        Trouble::Idle => "idle",
        Trouble::Lacks(Lack::Filter) => "without a filter",
        Trouble::Lacks(Lack::Log) => "without a log",
        Trouble::Lacks(Lack::Action) => "without an action",
        Trouble::Lacks(Lack::Unread) | Trouble::Unusable => "not readable",
        Trouble::ActionFailed => "with a failed action",
        Trouble::NotAsConfigured => "not as configured",
        Trouble::MayIgnoreEverybody => "ignoring everybody",
    }
}

/// Describes what `jail` lacks, where that is its `trouble`: in short, and in a sentence.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
pub(crate) fn lack(jail: &JailName, trouble: &Option<Trouble>) -> Option<(&'static str, String)> {
    let Some(trouble @ Trouble::Lacks(lack)) = trouble else { return None };
    let sentence = match lack {
        Lack::Filter => {
            format!("{jail} has no failregex, so nothing counts as a failure and it bans nobody.")
        }
        Lack::Log => format!("{jail} reads no log, so it sees no failures and bans nobody."),
        Lack::Action => format!("{jail} has no action, so its bans block nothing."),
        Lack::Unread => format!("Whether {jail} has a filter, a log and an action could not be read."),
    };
    Some((state(trouble), sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jail_service::Job;

    fn health(running: usize, troubles: &[(&str, Trouble)]) -> Health {
        let troubles = troubles.iter().map(|(jail, trouble)| ((*jail).to_owned(), *trouble)).collect();
        Health { version: "1.0.2".to_owned(), running, troubles, restart: None, is_starting: false }
    }

    #[test]
    fn only_jails_that_all_work_are_told_by_the_version() {
        let (stopped, idle) = (Trouble::Stopped, Trouble::Idle);
        for (health, words) in [
            (health(6, &[]), "fail2ban 1.0.2"),
            (health(0, &[]), "No jail is running"),
            (health(0, &[("a", stopped)]), "No jail is running"),
            (health(5, &[("a", stopped)]), "1 of 6 jails stopped"),
            (health(1, &[("a", idle)]), "1 of 1 jail idle"),
            (health(4, &[("a", stopped), ("b", stopped)]), "2 of 6 jails stopped"),
            (health(5, &[("a", stopped), ("b", idle)]), "2 of 6 jails need attention"),
            (health(2, &[("b", Trouble::Lacks(Lack::Log))]), "1 of 2 jails without a log"),
        ] {
            assert_eq!((summary(&health).as_str(), health.is_well()), (words, words.starts_with("fail2ban")));
        }
        let starting = Health { is_starting: true, ..health(0, &[]) };
        assert_eq!(
            (summary(&starting).as_str(), starting.is_well()),
            ("fail2ban is starting: 0 jails so far", false)
        );
        let restarting = Health { restart: Some(Job::Restart), ..health(6, &[]) };
        assert_eq!(
            (summary(&restarting).as_str(), restarting.is_well()),
            ("fail2ban is being restarted", false)
        );
    }
}
