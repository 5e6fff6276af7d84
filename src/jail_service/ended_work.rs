//! Work that ends after its request, and who finds the words for its end.

use crate::domain::audit::End;

use super::progress::bulk::Report;
use super::progress::job::{Job, JobOutcome};

/// Work that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EndedWork<'a> {
    /// A reload or restart.
    Job { job: &'a Job, outcome: &'a JobOutcome },
    /// An unban of many.
    BulkUnban {
        /// True if all bans in every jail were to be lifted.
        is_all: bool,
        report: &'a Report,
    },
}

/// The action of the audit's row about work that has ended, and how it ended, in words. They are made where all
/// words for people are, above this service.
pub(crate) type DescribeEnd = fn(EndedWork<'_>) -> (String, End);
