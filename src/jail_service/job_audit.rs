//! The rows of the audit of work that ends after its request.

use crate::domain::audit::{End, Entry, Outcome as Short};
use crate::domain::jail::JailName;

use super::progress::bulk::{ActionsFailed, Report};
use super::progress::job::{Job, JobOutcome};
use super::service::JailService;

impl JailService {
    /// Tells log and audit how `job` ended.
    pub(crate) async fn record_end_of_job(&self, job: &Job, outcome: &JobOutcome) {
        log(job, outcome);
        if let (JobOutcome::Done { .. }, Some(running)) = (outcome, self.work.state().running) {
            self.restarts.remember(&running);
        }
        let entry = Entry {
            account: self.work.state().running.map(|running| running.by),
            address: None,
            action: format!("{} ended", audit_action(job)),
            jail: job.jail().map(ToString::to_string),
            target: String::new(),
        };
        if let Err(error) = self.audit.record(entry, end(outcome)).await {
            tracing::error!(%error, %job, "the end of the work is not in the audit");
        }
    }

    /// Tells the audit how an unban of many ended.
    pub(crate) async fn record_end_of_bulk(&self, is_all: bool, by: &str, report: &Report) {
        let action = if is_all { "unban all ended" } else { "unban many ended" };
        let entry = Entry {
            account: Some(by.to_owned()),
            address: None,
            action: action.to_owned(),
            jail: None,
            target: String::new(),
        };
        if let Err(error) = self.audit.record(entry, end_of_bulk(report)).await {
            tracing::error!(%error, action, by, "the end of the work is not in the audit");
        }
    }
}

fn end_of_bulk(report: &Report) -> End {
    let gone = (report.gone > 0).then(|| format!("{} were not banned any more.", report.gone));
    let failed = report.failed.iter();
    let failed =
        failed.map(|failed| format!("{} in {} were not: {}", failed.number, failed.jail, failed.reason));
    let actions = report.actions_failed.iter().map(|failed| {
        let ActionsFailed { jail, action, reason, number, .. } = failed;
        format!(
            "The action {action} of {jail} failed for {number} of them, which may still be blocked: {reason}."
        )
    });
    let number = report.number_lifted();
    let lifted = format!("{number} {} lifted.", if number == 1 { "ban" } else { "bans" });
    let words: Vec<String> = std::iter::once(lifted).chain(gone).chain(failed).chain(actions).collect();
    let outcome = if report.is_well() { Short::Done } else { Short::Failed };
    End { outcome, status: None, words: words.join(" ") }
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

/// The event that a log is watched for. A field's text is written escaped (`?`), so that it stays in
/// its line.
fn log(job: &Job, outcome: &JobOutcome) {
    let jail = job.jail().map(JailName::as_str);
    if matches!(outcome, JobOutcome::NeedsConfirmation { .. }) {
        tracing::info!(jail, %job, "work_needs_confirmation");
    } else if matches!(outcome, JobOutcome::Done { short, .. } if short.is_empty()) {
        tracing::info!(jail, ?outcome, "{}", job.event());
    } else {
        tracing::warn!(jail, %job, ?outcome, "work_failed");
    }
}

fn end(outcome: &JobOutcome) -> End {
    let (short, words) = match outcome {
        JobOutcome::Done { jails, new, gone, unprotected, short } => {
            let mut words = format!("{jails} {} running.", if *jails == 1 { "jail" } else { "jails" });
            for (title, jails) in
                [("New", new), ("No longer running", gone), ("Without a failregex or an action", unprotected)]
            {
                if !jails.is_empty() {
                    let jails: Vec<&str> = jails.iter().map(JailName::as_str).collect();
                    words.extend([" ", title, ": ", &jails.join(", "), "."]);
                }
            }
            if !short.is_empty() {
                let jails: Vec<&str> = short.iter().map(|short| short.jail.as_str()).collect();
                words.extend([" Not as the files say: ", &jails.join(", "), "."]);
            }
            (if short.is_empty() { Short::Done } else { Short::Failed }, words)
        }
        JobOutcome::NeedsConfirmation { .. } => {
            (Short::Refused, "Nothing was changed: the plan needs a confirmation.".to_owned())
        }
        JobOutcome::ConfigurationRefused(words) => {
            (Short::Refused, format!("The configuration has mistakes. fail2ban says: {words}"))
        }
        JobOutcome::Unfit(reason) => (Short::Refused, reason.clone()),
        JobOutcome::Failed { reason, words } => (Short::Failed, format!("{reason} {words}")),
    };
    End { outcome: short, status: None, words: words.trim_end().to_owned() }
}
