//! State of ip-api.com, as far as it was asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::geo::ip_api::BatchError;

/// Health of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Health {
    /// It was not asked yet.
    #[default]
    Untried,
    /// It answers.
    Healthy,
    /// It refuses: too many questions.
    Refusing,
    /// It does not answer, or nonsense.
    Failing(BatchError),
    /// It answers, and our database does not take it.
    StorageFailed,
    /// The time of a problem is over, and the service was not asked since.
    Recovered,
}

/// State of ip-api.com, as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpApiState {
    pub(crate) health: Health,
    pub(crate) last_answer: Option<Timestamp>,
    /// The last time that it was of no use and how it was then, also when that is over.
    pub(crate) last_problem: Option<(Timestamp, Health)>,
    /// Number of batches that may be sent now.
    pub left: usize,
    /// Time to wait before the next batch.
    pub waits: Duration,
    /// Number of addresses that wait for a batch.
    pub(crate) queued: usize,
}
