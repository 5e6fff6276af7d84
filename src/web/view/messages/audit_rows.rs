//! Audit rows of events: work that ends after its request.

use crate::domain::address::Target;
use crate::domain::audit::{End, Entry, Outcome};
use crate::domain::broker_change::compare::{EXPIRED, PUT_BACK, REMOVED_LATER};
use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::domain::protection::Worse;
use crate::domain::timed_ban;
use crate::events::{Event, IgnoreChange, TimedChange};
use crate::jail_service::{BanCounts, Job, JobOutcome, Report};

use super::bans::comma_list;
use super::bulk::KEEPS_TIMED;
use super::job::{jail_names, job_failure};
use super::{Explain, failed_actions, not_in_force as not_in_force_words, protection};

/// The action of the row of a jail that protects less than before.
pub(crate) const PROTECTION_WORSE: &str = "protection worse";
/// The end of the name of an action whose row tells how its work ended.
pub(crate) const ENDED: &str = " ended";

/// Returns the row for `event`, or `None` where the row of its request says it already.
pub(crate) fn audit_row(event: &Event) -> Option<(Entry, End)> {
    let (account, jail, action, (outcome, words)) = match event {
        Event::JobEnded { by, job, outcome } => (by.clone(), job.jail(), audit_action(job), of_job(outcome)),
        Event::BulkUnbanEnded { by, is_all, report } => {
            let action = if *is_all { "unban all" } else { "unban many" };
            (Some(by.clone()), None, action, of_bulk(report))
        }
        Event::IgnoreListChanged { jail, change, .. } => return of_kept_entry(jail, change),
        Event::EverywhereEnded { entry, by, gone, stays } => {
            return Some(of_entry_of_all(entry, by.as_deref(), gone, stays));
        }
        Event::TimedBans { jail, targets, change } => return Some(of_timed_bans(jail, targets, *change)),
        Event::ProtectionWorse(worse) => return Some(of_worse(worse)),
        _ => return None,
    };
    let jail = jail.map(ToString::to_string);
    let action = format!("{action}{ENDED}");
    let entry = Entry { account, address: None, action, jail, target: String::new() };
    Some((entry, End { outcome, status: None, words: words.trim_end().to_owned() }))
}

/// Row about a kept ignore entry that BanGUI changed by itself.
fn of_kept_entry(jail: &JailName, change: &IgnoreChange) -> Option<(Entry, End)> {
    let (action, target, words) = match change {
        IgnoreChange::PutBack(entry) => (PUT_BACK, entry.to_string(), ""),
        IgnoreChange::PutInAll(entries) => (PUT_BACK, comma_list(entries), "All jails are to ignore it."),
        IgnoreChange::Expired(entry) => (EXPIRED, entry.to_string(), ""),
        _ => return None,
    };
    Some(own_row(action, Some(jail.to_string()), target, words.to_owned()))
}

/// Row about an entry that BanGUI no longer has every jail ignore.
fn of_entry_of_all(
    entry: &IgnoreEntry,
    by: Option<&str>,
    gone: &[JailName],
    stays: &[JailName],
) -> (Entry, End) {
    let (action, why) = match by {
        Some(by) => (REMOVED_LATER, format!("{by} removed it when fail2ban did not answer.")),
        None => (EXPIRED, "Its last day has passed.".to_owned()),
    };
    let stays = match stays {
        [] => String::new(),
        stays => format!(
            " It stays in {}, where the configuration has it or it is kept by itself.",
            jail_names(stays)
        ),
    };
    let jail = (!gone.is_empty()).then(|| gone.iter().map(JailName::as_str).collect::<Vec<_>>().join(", "));
    own_row(action, jail, entry.to_string(), format!("{why}{stays}"))
}

/// Row about something that BanGUI did by itself.
fn own_row(action: &str, jail: Option<String>, target: String, words: String) -> (Entry, End) {
    let entry = Entry { account: None, address: None, action: action.to_owned(), jail, target };
    (entry, End { outcome: Outcome::Done, status: None, words })
}

/// Row about bans with an end of their own that BanGUI changed by itself.
fn of_timed_bans(jail: &JailName, targets: &[Target], change: TimedChange) -> (Entry, End) {
    let (action, words) = match change {
        TimedChange::Prolonged => (
            timed_ban::PROLONGED,
            "The jail’s own ban time is shorter. BanGUI renews the ban as often as needed; one row a day tells of it.",
        ),
        TimedChange::BannedAgain => (timed_ban::BANNED_AGAIN, "It was gone before its time."),
        TimedChange::Ended => (timed_ban::ENDED, "Its time is over."),
        TimedChange::Forgotten => (timed_ban::FORGOTTEN, "It was lifted outside BanGUI."),
    };
    own_row(action, Some(jail.to_string()), comma_list(targets), words.to_owned())
}

/// Row about a jail that protects less than at the look before.
fn of_worse(Worse { jail, level, reason }: &Worse) -> (Entry, End) {
    let words = format!("Verdict: {}. {}", protection::verdict(*level), protection::reason(reason).what);
    own_row(PROTECTION_WORSE, Some(jail.to_string()), String::new(), words)
}

fn audit_action(job: &Job) -> &'static str {
    match job {
        Job::ReloadJail(_) => "reload jail",
        Job::StartJail(_) => "start jail",
        Job::RestartJail(_) => "restart jail",
        Job::ReloadAll => "reload all jails",
        Job::Restart => "restart fail2ban",
        Job::Start => "start fail2ban",
    }
}

fn of_bulk(report: &Report) -> (Outcome, String) {
    let gone = (report.gone > 0).then(|| {
        format!("{} {} no longer banned.", report.gone, if report.gone == 1 { "was" } else { "were" })
    });
    let failed = report
        .failed
        .iter()
        .map(|failed| format!("{} in {} were not: {}", failed.number, failed.jail, failed.reason.explain()));
    let actions = report.actions_failed.iter().map(|failed| {
        format!(
            "The action {} of {} failed for {} of them, which may still be blocked: {}.",
            failed.action,
            failed.jail,
            failed.number,
            failed.cause.explain()
        )
    });
    let kept = report.keeps_timed.then(|| KEEPS_TIMED.to_owned());
    let number = report.number_lifted();
    let lifted = format!("{number} {} lifted.", if number == 1 { "ban" } else { "bans" });
    let words: Vec<String> =
        std::iter::once(lifted).chain(gone).chain(failed).chain(actions).chain(kept).collect();
    (if report.is_well() { Outcome::Done } else { Outcome::Failed }, words.join(" "))
}

fn of_job(outcome: &JobOutcome) -> (Outcome, String) {
    match outcome {
        JobOutcome::Done { jails, bans, new, gone, unprotected, short, left_out, failed, not_in_force } => {
            let mut words = format!("{jails} {} running.", if *jails == 1 { "jail" } else { "jails" });
            if let Some(BanCounts { before, now, .. }) = bans {
                words.extend([" Bans: ", &before.to_string(), " before, ", &now.to_string(), " now."]);
            }
            let short: Vec<_> = short.iter().map(|short| short.jail.clone()).collect();
            for (title, jails) in [
                ("New", new),
                ("No longer running", gone),
                ("Without a failregex or an action", unprotected),
                ("Not as the files say", &short),
            ] {
                if !jails.is_empty() {
                    words.extend([" ", title, ": ", &jail_names(jails), "."]);
                }
            }
            if !left_out.is_empty() {
                words.extend([" Broken and left as they were: ", &left_out.join(", "), "."]);
            }
            for of_jail in failed {
                words.extend([" ", &failed_actions::in_jail(&of_jail.jail, &of_jail.failures)]);
            }
            for (jail, found) in not_in_force {
                words.extend([" ", &not_in_force_words(jail, found, true)]);
            }
            (if outcome.is_well() { Outcome::Done } else { Outcome::Failed }, words)
        }
        JobOutcome::NeedsConfirmation { .. } => {
            (Outcome::Asked, "Nothing was changed: the plan needs a confirmation.".to_owned())
        }
        JobOutcome::ConfigurationRefused { output } => {
            (Outcome::Refused, format!("The configuration has mistakes. fail2ban says: {output}"))
        }
        JobOutcome::Unfit(misfit) => (Outcome::Refused, misfit.explain()),
        JobOutcome::Failed(failure) => {
            let (reason, output) = job_failure(failure);
            (Outcome::Failed, format!("{reason} {output}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::address::Banned;
    use crate::domain::jail::JailName;
    use crate::jail_service::{JobFailure, NotLiftedReason};

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn row(action: &str, jail: Option<&str>, outcome: Outcome, words: &str) -> (Entry, End) {
        let entry = Entry {
            account: Some("anna".to_owned()),
            address: None,
            action: action.to_owned(),
            jail: jail.map(str::to_owned),
            target: String::new(),
        };
        (entry, End { outcome, status: None, words: words.to_owned() })
    }

    #[test]
    fn the_end_of_a_job_is_a_row_about_its_jail_and_account() -> TestResult {
        let (by, job) = (Some("anna".to_owned()), Job::ReloadJail("sshd".parse()?));
        let ended = Event::JobEnded { by, job, outcome: JobOutcome::Failed(JobFailure::Unanswered) };
        let (reason, _) = job_failure(&JobFailure::Unanswered);
        assert_eq!(audit_row(&ended), Some(row("reload jail ended", Some("sshd"), Outcome::Failed, &reason)));
        Ok(())
    }

    #[test]
    fn the_end_of_an_unban_of_many_is_a_row_with_its_numbers() -> TestResult {
        let jail: JailName = "sshd".parse()?;
        let mut report = Report { lifted: vec![(jail.clone(), 2)], gone: 1, ..Report::default() };
        let ended = |is_all, report: &Report| {
            audit_row(&Event::BulkUnbanEnded { by: "anna".to_owned(), is_all, report: report.clone() })
        };
        let words = "2 bans lifted. 1 was no longer banned.";
        assert_eq!(ended(true, &report), Some(row("unban all ended", None, Outcome::Done, words)));
        report.add_failed(&jail, &[Banned::from_daemon("203.0.113.5")], NotLiftedReason::StillHeld);
        let words = format!("{words} 1 in sshd were not: Still banned: fail2ban did not lift them.");
        assert_eq!(ended(false, &report), Some(row("unban many ended", None, Outcome::Failed, &words)));
        Ok(())
    }

    #[test]
    fn what_is_in_the_row_of_its_request_has_no_row_of_its_own() -> TestResult {
        let (jail, targets) = ("sshd".parse()?, vec!["203.0.113.5".parse()?]);
        assert_eq!(audit_row(&Event::Banned { jail, targets, newly: 1 }), None);
        assert_eq!(audit_row(&Event::DaemonBack), None);
        Ok(())
    }
}
