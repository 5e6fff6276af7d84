//! `GET /audit/csv`: the list of `/audit`, row by row, for a spreadsheet. It is read and sent a part at a time.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Query};
use futures_util::stream::try_unfold;
use jiff::Timestamp;

use crate::audit::Audit;
use crate::domain::audit::{AuditQuery, Record};
use crate::storage::StorageError;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::csv::cell;
use crate::web::view::messages::audit_sentences::{plain, sentence};

use super::params::Params;

/// Rows of the audit that are read at once.
const WINDOW: usize = 2_000;
/// Rows of a file. Whoever needs older ones asks for a day.
const MOST: usize = 100_000;

const HEAD: &str = "Time,Person,From,What,Outcome,Note,Action,Jail,Target,Status,Requests\r\n";

/// What is still to be sent.
struct Rest {
    audit: Audit,
    query: AuditQuery,
    /// The first line, until it is sent.
    head: &'static str,
    /// Number of rows that may still be sent.
    left: usize,
    is_over: bool,
}

/// `GET /audit/csv`.
pub(crate) async fn download(state: Data<State>, params: Query<Params>) -> Result<HttpResponse, Error> {
    let (audit, query) = (state.audit.clone(), params.read()?);
    let rest = Rest { audit, query, head: HEAD, left: MOST, is_over: false };
    let name = format!("attachment; filename=\"bangui-audit-{}.csv\"", Timestamp::now().strftime("%Y-%m-%d"));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(try_unfold(rest, next)))
}

/// The next part. None is empty: that would end the answer.
async fn next(mut rest: Rest) -> Result<Option<(Bytes, Rest)>, StorageError> {
    let mut text = std::mem::take(&mut rest.head).to_owned();
    while text.is_empty() && !rest.is_over {
        text = rest.window().await?;
    }
    Ok((!text.is_empty()).then(|| (text.into(), rest)))
}

impl Rest {
    /// The lines of the next window.
    async fn window(&mut self) -> Result<String, StorageError> {
        let (records, before) = self.audit.rows(self.query.clone(), WINDOW).await?;
        let mut text: String = records.iter().take(self.left).map(line).collect();
        let is_cut = records.len() > self.left || records.len() == self.left && before.is_some();
        if is_cut {
            text.push_str(&cell(&format!("A file has {MOST} rows at most. Choose a day to get older ones.")));
            text.push_str("\r\n");
        }
        self.left = self.left.saturating_sub(records.len());
        self.is_over = is_cut || before.is_none();
        self.query.before = before;
        Ok(text)
    }
}

fn line(record: &Record) -> String {
    let (entry, end) = (&record.entry, &record.end);
    let cells = [
        record.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        entry.account.clone().unwrap_or_default(),
        entry.address.map_or_else(String::new, |address| address.to_string()),
        plain(&sentence(entry, end.outcome)),
        end.outcome.to_string(),
        end.words.clone(),
        entry.action.clone(),
        entry.jail.clone().unwrap_or_default(),
        entry.target.clone(),
        end.status.map_or_else(String::new, |status| status.to_string()),
        record.folded.max(1).to_string(),
    ];
    let cells = cells.iter().map(|text| cell(text)).collect::<Vec<_>>();
    cells.join(",") + "\r\n"
}
