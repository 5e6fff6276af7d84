//! `GET /history/csv` and `GET /history/json`: the list of `/history`, row by row. It is read and sent a part at a time.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Query};
use futures_util::stream::try_unfold;
use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ban::order::Direction;
use crate::domain::history::{HistoryQuery, HistorySort, RecordedBan};
use crate::domain::jail::Length;
use crate::domain::text::is_hidden;
use crate::history::{History, HistoryError};
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::csv::cell;
use crate::web::view::running::Running;

use super::page::no_address;
use super::params::Params;

/// Bans that are read at once.
const WINDOW: usize = 2_000;

const HEAD: &str = "Banned,Jail,Address,Country,Length,Count,End,Ended,Lifted by\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

/// What is still to be sent.
struct Rest {
    history: History,
    query: HistoryQuery,
    running: Running,
    format: Format,
    /// What is sent first.
    head: String,
    is_over: bool,
    /// True if a row was sent.
    is_begun: bool,
}

/// `GET /history/csv`.
pub(crate) async fn csv(state: Data<State>, params: Query<Params>) -> Result<HttpResponse, Error> {
    download(&state, &params, Format::Csv).await
}

/// `GET /history/json`.
pub(crate) async fn json(state: Data<State>, params: Query<Params>) -> Result<HttpResponse, Error> {
    download(&state, &params, Format::Json).await
}

async fn download(state: &State, params: &Params, format: Format) -> Result<HttpResponse, Error> {
    if state.history.absent().is_some() {
        return Err(Error::NoPage);
    }
    // In the order of time: any other would need all of it at once.
    let query = params.read(Timestamp::now().as_second())?;
    let query = match query.sort {
        HistorySort::Banned => query,
        _ => HistoryQuery { sort: HistorySort::Banned, direction: Direction::Descending, ..query },
    };
    if let Some(mistake) = mistake(state, &query).await? {
        return Err(Error::BadInput(mistake));
    }
    let (kind, extension, head) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv", HEAD),
        Format::Json => ("application/json", "json", "["),
    };
    let history = state.history.clone();
    let running = Running::ask(state).await;
    let rest =
        Rest { history, query, running, format, head: head.to_owned(), is_over: false, is_begun: false };
    let day = Timestamp::now().strftime("%Y-%m-%d");
    let name = format!("attachment; filename=\"bangui-history-{day}.{extension}\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(try_unfold(rest, next)))
}

/// What is wrong with the text that is looked for, where no jail has banned it.
async fn mistake(state: &State, query: &HistoryQuery) -> Result<Option<String>, Error> {
    if !matches!(query.entry, Some(Banned::Text(_))) {
        return Ok(None);
    }
    let query = HistoryQuery { per_page: 1, page: 1, ..query.clone() };
    match state.history.page(query.clone()).await {
        Ok(found) => Ok(no_address(&query, &found)),
        Err(HistoryError::Storage(error)) => Err(error.into()),
        Err(HistoryError::Absent(_)) => Err(Error::NoPage),
        Err(HistoryError::Daemon(error)) => Err(crate::jail_service::Error::Daemon(error).into()),
    }
}

/// The next part. None is empty: that would end the answer.
async fn next(mut rest: Rest) -> Result<Option<(Bytes, Rest)>, HistoryError> {
    let mut text = std::mem::take(&mut rest.head);
    while text.is_empty() && !rest.is_over {
        text = rest.window().await?;
    }
    Ok((!text.is_empty()).then(|| (text.into(), rest)))
}

impl Rest {
    /// The rows of the next window.
    async fn window(&mut self) -> Result<String, HistoryError> {
        let (bans, next) = self.history.rows(self.query.clone(), WINDOW).await?;
        let mut text = String::new();
        for ban in &bans {
            match self.format {
                Format::Csv => text.push_str(&line(ban, ended(ban, &self.running))),
                Format::Json => {
                    text.push_str(if self.is_begun { ",\n" } else { "\n" });
                    text.push_str(&object(ban, ended(ban, &self.running)));
                }
            }
            self.is_begun = true;
        }
        self.is_over = next.is_none();
        self.query.at = next;
        if self.is_over && self.format == Format::Json {
            text.push_str("\n]\n");
        }
        Ok(text)
    }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The length in seconds, or a word.
fn length(ban: &RecordedBan) -> String {
    match ban.length {
        None => "unknown".to_owned(),
        Some(Length::Permanent) => "permanent".to_owned(),
        Some(Length::PracticallyForever) => "practically forever".to_owned(),
        Some(Length::Seconds(seconds)) => seconds.to_string(),
    }
}

/// How it ended, as `/history` filters by it, and `jail-stopped` for what stands only in fail2ban's database.
fn ended<'a>(ban: &'a RecordedBan, running: &Running) -> &'a str {
    if running.blocks_nothing(ban) { "jail-stopped" } else { ban.ending.as_ref() }
}

fn line(ban: &RecordedBan, ended: &str) -> String {
    let cells = [
        stamp(ban.since),
        ban.jail.clone(),
        ban.banned.to_string(),
        ban.origin.slug().to_owned(),
        length(ban),
        ban.count.map_or_else(String::new, |count| count.to_string()),
        ban.ends.map_or_else(String::new, stamp),
        ended.to_owned(),
        ban.by.clone().unwrap_or_default(),
    ];
    let cells = cells.iter().map(|text| cell(text)).collect::<Vec<_>>();
    cells.join(",") + "\r\n"
}

fn object(ban: &RecordedBan, ended: &str) -> String {
    let seconds = match ban.length {
        Some(Length::Seconds(seconds)) => seconds.into(),
        Some(_) => length(ban).into(),
        None => serde_json::Value::Null,
    };
    serde_json::json!({
        "banned": stamp(ban.since),
        "jail": ban.jail,
        "address": ban.banned.to_string(),
        "country": ban.origin.slug(),
        "length": seconds,
        "count": ban.count,
        "end": ban.ends.map(stamp),
        "ended": ended,
        "lifted_by": ban.by,
    })
    .to_string()
    .chars()
    .fold(String::new(), with_visible)
}

/// Adds a character of JSON; one that is not seen, which only a text holds, by its number.
fn with_visible(mut json: String, c: char) -> String {
    if is_hidden(c) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a text cannot fail.
            let _written = write!(json, "\\u{unit:04x}");
        }
    } else {
        json.push(c);
    }
    json
}
