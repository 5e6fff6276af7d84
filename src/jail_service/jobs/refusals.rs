//! Why work was not done.

use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;
use crate::jail_service::progress::job::{JobFailure, JobOutcome};

/// How work ends whose configuration was not tried, or did not pass. Nothing was changed.
pub(crate) fn untested(error: fail2ban::Error) -> JobOutcome {
    failed(error, JobFailure::Test)
}

/// How work ends in the middle of which `error` came.
pub(crate) fn refused(error: fail2ban::Error) -> JobOutcome {
    failed(error, JobFailure::Work)
}

fn failed(error: fail2ban::Error, failure: fn(ClientError) -> JobFailure) -> JobOutcome {
    tracing::warn!(%error, "the work was not done");
    match error {
        fail2ban::Error::Client(ClientError::ConfigurationRefused { output }) => {
            JobOutcome::ConfigurationRefused { output }
        }
        fail2ban::Error::Client(ClientError::Unfit(misfit)) => JobOutcome::Unfit(misfit),
        fail2ban::Error::Client(error) => JobOutcome::Failed(failure(error)),
        _ => JobOutcome::Failed(JobFailure::Unanswered),
    }
}
