//! `GET /audit`: who did what, and how it ended.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::config::Config;
use crate::domain::audit::{self, AuditLimits, AuditPage, AuditQuery, Oldest, Outcome};
use crate::domain::ban::page::MOST_PER_PAGE;
use crate::domain::text;
use crate::web::extract::ban_query::{number, query_string};
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

/// Rows a page unless the URL says otherwise.
const PER_PAGE: usize = 50;

/// The query, as it came.
#[derive(Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
    per_page: Option<String>,
    q: Option<String>,
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Shown {
    page: Page,
    query: AuditQuery,
    audit: AuditPage,
    /// True if a broker in another process has a record of its own.
    has_broker: bool,
    limits: AuditLimits,
    /// Number of rows that are not written yet.
    waiting: usize,
}

impl Params {
    fn read(&self) -> Result<AuditQuery, Error> {
        let search = self.q.as_deref().map_or("", str::trim).to_owned();
        if search.chars().count() > 100 {
            return Err(Error::BadInput("A search has 100 characters at most.".to_owned()));
        }
        let page = number(self.page.as_deref(), 1, usize::MAX)?;
        let per_page = number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?;
        let before = match self.before.as_deref() {
            None | Some("") => None,
            Some(number) => {
                Some(number.parse().map_err(|_| Error::BadInput("There is no such row.".to_owned()))?)
            }
        };
        Ok(AuditQuery { search, before, page, per_page })
    }
}

impl Shown {
    /// The URL of another page of the same list.
    fn at(&self, page: usize) -> String {
        self.url(page, self.query.before)
    }

    /// The URL of the list of what is older than a row.
    fn older(&self, oldest: &Oldest) -> String {
        self.url(1, Some(oldest.id))
    }

    fn url(&self, page: usize, before: Option<i64>) -> String {
        let mut pairs = Vec::new();
        if !self.query.search.is_empty() {
            pairs.push(("q", self.query.search.clone()));
        }
        if self.query.per_page != PER_PAGE {
            pairs.push(("per_page", self.query.per_page.to_string()));
        }
        if let Some(before) = before {
            pairs.push(("before", before.to_string()));
        }
        if page != 1 {
            pairs.push(("page", page.to_string()));
        }
        format!("/audit{}", query_string(pairs))
    }

    /// The number of the first row of this page, from 1.
    fn first(&self) -> usize {
        (self.audit.page - 1) * self.query.per_page + 1
    }

    /// The last row of this page.
    fn last(&self) -> usize {
        self.audit.matching.min(self.first() + self.query.per_page - 1)
    }
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, with references"
)]
impl Shown {
    fn beginning<'a>(&self, target: &'a str) -> Option<(&'a str, usize)> {
        audit::beginning(target)
    }

    fn badge(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Open => "stopped",
            Outcome::Begun | Outcome::Refused => "idle",
            Outcome::Done => "running",
            Outcome::Failed => "broken",
        }
    }

    fn outcome<'a>(&self, outcome: &'a Outcome) -> &'a str {
        match outcome {
            Outcome::Open => "outcome unknown",
            other => other.as_ref(),
        }
    }
}

/// `GET /audit`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    config: Data<Config>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let query = params.read()?;
    let audit = state.audit.page(query.clone()).await?;
    let (limits, waiting) = (state.audit.limits(), state.audit.waiting());
    let has_broker = config.broker.is_some();
    fragment::full_page(&Shown { page, query, audit, has_broker, limits, waiting }, StatusCode::OK)
}
