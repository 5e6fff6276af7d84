//! `GET /audit/broker`: the broker's own record of changes beside our audit, and what stands in only one of them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::audit::AuditQuery;
use crate::domain::broker_change::compare::{Comparison, compare};
use crate::domain::broker_change::{ChangeEnd, ChangeRecord, Operation};
use crate::domain::text;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

/// Number of rows of the audit that are compared: more than the broker has changes in memory.
const MOST_ROWS: usize = 2_000;

#[derive(Template)]
#[template(path = "audit/broker.html")]
struct Shown {
    page: Page,
    /// `None` where the broker is in this process.
    compared: Option<Compared>,
}

struct Compared {
    record: ChangeRecord,
    comparison: Comparison,
    /// Number of changes that no row explains.
    unexplained: usize,
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, with references"
)]
impl Shown {
    fn operation(&self, operation: &Operation) -> &'static str {
        match operation {
            Operation::Ban => "ban",
            Operation::Unban => "unban",
            Operation::Ignore => "ignore",
            Operation::Unignore => "remove ignore entry",
            Operation::IgnoreSelf => "ignore self",
            Operation::Idle => "idle jail",
            Operation::Stop => "stop jail",
            Operation::Load => "reload",
            Operation::Restart => "restart fail2ban",
            Operation::Setting => "change server setting",
            Operation::FlushLogs => "flush logs",
            Operation::Reveal => "reveal secrets",
        }
    }
}

/// `GET /audit/broker`.
pub(crate) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let compared = match state.jails.broker_changes().await? {
        Some(record) => Some(beside_audit(record, &state).await?),
        None => None,
    };
    fragment::full_page(&Shown { page, compared }, StatusCode::OK)
}

async fn beside_audit(mut record: ChangeRecord, state: &State) -> Result<Compared, Error> {
    let query = AuditQuery { page: 1, per_page: MOST_ROWS, ..AuditQuery::default() };
    let lines = state.audit.page(query).await?.lines;
    let rows: Vec<_> = lines.into_iter().rev().map(|line| line.record).collect();
    if let Some(oldest) = rows.first().filter(|_| rows.len() == MOST_ROWS) {
        // What is older than these rows cannot be compared with them.
        record.since = record.since.max(oldest.at);
    }
    let changes = record.changes.drain(..).filter(|change| change.at >= record.since).collect();
    let comparison = compare(changes, &rows, record.since);
    let unexplained = comparison.changes.iter().filter(|matched| matched.row.is_none()).count();
    Ok(Compared { record, comparison, unexplained })
}
