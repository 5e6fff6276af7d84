//! The audit's rows about work that ends after its request.

use crate::domain::audit::{End, Outcome};
use crate::jail_service::{BanCounts, EndedWork, Job, JobOutcome, Report};

use super::job::{jail_names, job_failure};
use super::{Explain, failed_actions, not_in_force as not_in_force_words};

/// The action of the row about `work`, and how it ended.
pub(crate) fn describe_end(work: EndedWork<'_>) -> (String, End) {
    let (action, (outcome, words)) = match work {
        EndedWork::Job { job, outcome } => (audit_action(job), of_job(outcome)),
        EndedWork::BulkUnban { is_all: true, report } => ("unban all", of_bulk(report)),
        EndedWork::BulkUnban { is_all: false, report } => ("unban many", of_bulk(report)),
    };
    let words = words.trim_end().to_owned();
    (format!("{action} ended"), End { outcome, status: None, words })
}

fn audit_action(job: &Job) -> &'static str {
    match job {
        Job::ReloadJail(_) => "reload jail",
        Job::StartJail(_) => "start jail",
        Job::RestartJail(_) => "restart jail",
        Job::ReloadAll => "reload all jails",
        Job::Restart => "restart fail2ban",
    }
}

fn of_bulk(report: &Report) -> (Outcome, String) {
    let gone = (report.gone > 0).then(|| format!("{} were not banned any more.", report.gone));
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
    let number = report.number_lifted();
    let lifted = format!("{number} {} lifted.", if number == 1 { "ban" } else { "bans" });
    let words: Vec<String> = std::iter::once(lifted).chain(gone).chain(failed).chain(actions).collect();
    (if report.is_well() { Outcome::Done } else { Outcome::Failed }, words.join(" "))
}

fn of_job(outcome: &JobOutcome) -> (Outcome, String) {
    match outcome {
        JobOutcome::Done { jails, bans, new, gone, unprotected, short, left_out, failed, not_in_force } => {
            let mut words = format!("{jails} {} running.", if *jails == 1 { "jail" } else { "jails" });
            if let Some(BanCounts { before, now }) = bans {
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
            (Outcome::Refused, "Nothing was changed: the plan needs a confirmation.".to_owned())
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
