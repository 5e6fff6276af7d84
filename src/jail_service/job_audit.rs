//! Log and audit entries of work that ends after its request.

use crate::domain::audit::Entry;
use crate::domain::jail::JailName;

use super::ended_work::EndedWork;
use super::progress::job::{Job, JobOutcome};
use super::service::JailService;

impl JailService {
    /// Tells log and audit how `job` ended.
    pub(crate) async fn record_end_of_job(&self, job: &Job, outcome: &JobOutcome) {
        log(job, outcome);
        let running = self.work.state().running;
        if let (JobOutcome::Done { .. }, Some(running)) = (outcome, &running) {
            self.restarts.remember(running);
        }
        let by = running.map(|running| running.by);
        self.record_end(by, job.jail(), EndedWork::Job { job, outcome }).await;
    }

    /// Tells the audit how work ended that `account` had asked for.
    pub(crate) async fn record_end(
        &self,
        account: Option<String>,
        jail: Option<&JailName>,
        work: EndedWork<'_>,
    ) {
        let (action, end) = (self.describe_end)(work);
        let jail = jail.map(ToString::to_string);
        let entry = Entry { account, address: None, action, jail, target: String::new() };
        self.audit.record(entry, end).await;
    }
}

/// The event that a log is watched for. A field's text is written escaped (`?`), so that it stays in
/// its line.
fn log(job: &Job, outcome: &JobOutcome) {
    let jail = job.jail().map(JailName::as_str);
    if matches!(outcome, JobOutcome::NeedsConfirmation { .. }) {
        tracing::info!(jail, ?job, "work_needs_confirmation");
    } else if outcome.is_well() {
        tracing::info!(jail, ?outcome, "{}", job.event());
    } else {
        tracing::warn!(jail, ?job, ?outcome, "work_failed");
    }
}
