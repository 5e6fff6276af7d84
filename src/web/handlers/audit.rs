//! `GET /audit`: who did what, and how it ended.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::config::Config;
use crate::domain::audit::{self, AuditPage, AuditQuery, Outcome};
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
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Shown {
    page: Page,
    query: AuditQuery,
    audit: AuditPage,
    /// True if a broker in another process has a record of its own.
    has_broker: bool,
}

impl Params {
    fn read(&self) -> Result<AuditQuery, Error> {
        let search = self.q.as_deref().map_or("", str::trim).to_owned();
        if search.chars().count() > 100 {
            return Err(Error::BadInput("A search has 100 characters at most.".to_owned()));
        }
        let page = number(self.page.as_deref(), 1, usize::MAX)?;
        let per_page = number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?;
        Ok(AuditQuery { search, page, per_page })
    }
}

impl Shown {
    /// The URL of another page of the same list.
    fn at(&self, page: usize) -> String {
        let mut pairs = Vec::new();
        if !self.query.search.is_empty() {
            pairs.push(("q", self.query.search.clone()));
        }
        if self.query.per_page != PER_PAGE {
            pairs.push(("per_page", self.query.per_page.to_string()));
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
    let has_broker = config.broker.is_some();
    fragment::full_page(&Shown { page, query, audit, has_broker }, StatusCode::OK)
}
