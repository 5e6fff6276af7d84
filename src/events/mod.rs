//! Events, as one typed stream. Whoever does something publishes it here and writes neither to the log nor to
//! the audit.
//!
//! The subscribers are the lines of [`Events::publish`]. To add one (a history, notifications, live pages), add a
//! line there.
//!
//! Two things are no events. Diagnostic messages (what could not be read, what is tried again) go to `tracing` where
//! they arise. And a request gets its audit row before it runs, and cannot always run without one: see
//! `web/middleware/audit.rs`.

pub(crate) mod bulk;
pub(crate) mod event;
pub(crate) mod job;
mod log;

use crate::audit::Audit;
use crate::domain::audit::{End, Entry};

pub(crate) use event::{Event, IgnoreChange, IpApiFault, TimedChange};

/// Makes the audit row for an event that needs one. The web layer provides it, because that is where all words for
/// people are made.
pub(crate) type AuditRow = fn(&Event) -> Option<(Entry, End)>;

/// Passes events on to the subscribers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    audit: Audit,
    audit_row: AuditRow,
}

impl Events {
    pub(crate) fn new(audit: Audit, audit_row: AuditRow) -> Self {
        Self { audit, audit_row }
    }

    /// Passes `event` on to each subscriber. When it returns, the audit row is written.
    pub(crate) async fn publish(&self, event: Event) {
        log::write(&event);
        self.record(&event).await;
    }

    async fn record(&self, event: &Event) {
        let Some((entry, end)) = (self.audit_row)(event) else { return };
        self.audit.record(entry, end).await;
    }
}
