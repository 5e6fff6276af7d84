//! Outcomes of work that was not done.

use crate::events::job::{JobFailure, JobOutcome};
use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;

/// Returns the outcome of work whose configuration was not tried, or did not pass. Nothing was
/// changed.
pub(crate) fn untested(error: fail2ban::Error) -> JobOutcome {
    failed(error, JobFailure::Test)
}

/// Returns the outcome of work that `error` interrupted.
pub(crate) fn refused(error: fail2ban::Error) -> JobOutcome {
    failed(error, JobFailure::Work)
}

fn failed(error: fail2ban::Error, failure: fn(ClientError) -> JobFailure) -> JobOutcome {
    let fail2ban::Error::Client(error) = error else {
        tracing::warn!(%error, "the daemon did not answer during the work");
        return JobOutcome::Failed(JobFailure::Unanswered);
    };
    tracing::warn!(%error, "fail2ban-client did not do the work");
    match error {
        ClientError::ConfigurationRefused { output } => JobOutcome::ConfigurationRefused { output },
        ClientError::Unfit(misfit) => JobOutcome::Unfit(misfit),
        other => JobOutcome::Failed(failure(other)),
    }
}
