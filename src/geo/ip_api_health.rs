//! How ip-api.com is, as far as it was asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::geo::ip_api::BatchError;

/// How the provider is.
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
    /// There was trouble whose time is over, and it was not asked since.
    Recovered,
}

/// What is told of ip-api.com.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpApiState {
    pub(crate) health: Health,
    pub(crate) last_answer: Option<Timestamp>,
    /// The last time that it was of no use and how it was then, also when that is over.
    pub(crate) last_problem: Option<(Timestamp, Health)>,
    /// How many batches may be sent now.
    pub left: usize,
    /// How long it is waited before the next batch.
    pub waits: Duration,
    /// How many addresses wait for a batch.
    pub(crate) queued: usize,
}
