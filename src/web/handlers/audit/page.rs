//! `GET /audit`: who did what, and how it ended.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use itertools::Itertools;

use crate::config::LiveConfig;
use crate::domain::audit::query::{Kind, Line, Oldest};
use crate::domain::audit::{AuditLimits, AuditPage, AuditQuery, Entry, Outcome, Record};
use crate::domain::text;
use crate::web::access::RouteTable;
use crate::web::extract::field::given;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::messages::audit_sentences::{self, Part, sentence};
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

use super::params::{PER_PAGE, Params};

/// Names that are offered to choose from.
const MOST_ACCOUNTS: u32 = 200;

#[derive(Template)]
#[template(path = "audit.html")]
struct Shown {
    page: Page,
    params: Params,
    query: AuditQuery,
    audit: AuditPage,
    /// The accounts and the actions that can be chosen.
    accounts: Vec<String>,
    actions: Vec<&'static str>,
    /// True if a broker in another process has a record of its own.
    has_broker: bool,
    limits: AuditLimits,
    /// Number of rows that are not written yet.
    waiting: usize,
}

impl Shown {
    /// Every kind: its name, the URL of its list, and whether it is shown.
    fn kinds(&self) -> [(&'static str, String, bool); 4] {
        Kind::EVERY.map(|kind| {
            let name = match kind {
                Kind::Changes => "Changes",
                Kind::Logins => "Logins",
                Kind::Refused => "Refused",
                Kind::All => "All",
            };
            let show = if kind == Kind::Changes { String::new() } else { kind.to_string() };
            (name, self.url(&[("show", show)]), kind == self.query.kind)
        })
    }

    /// The URL of the list with all kinds of actions.
    fn all_kinds(&self) -> String {
        self.url(&[("show", Kind::All.to_string())])
    }

    /// The URL of another page of the same list.
    fn at(&self, page: usize) -> String {
        let before = self.query.before.map_or_else(String::new, |before| before.to_string());
        self.url(&[("before", before), ("page", page.to_string())])
    }

    /// The URL of the list of what is older than a row.
    fn older(&self, oldest: &Oldest) -> String {
        self.url(&[("before", oldest.id.to_string())])
    }

    /// The URL of what one account did.
    fn of_account(&self, account: &str) -> String {
        self.url(&[("who", account.to_owned())])
    }

    /// The URL of what came from one address.
    fn of_address(&self, address: &std::net::IpAddr) -> String {
        self.url(&[("from", address.to_string())])
    }

    /// The URL of each row of a line.
    fn unfolded(&self, entry: &Entry) -> String {
        let address = entry.address.map_or_else(String::new, |address| address.to_string());
        self.url(&[
            ("show", Kind::Refused.to_string()),
            ("who", entry.account.clone().unwrap_or_default()),
            ("action", entry.action.clone()),
            ("from", address),
            ("fold", "no".to_owned()),
        ])
    }

    fn url(&self, changes: &[(&'static str, String)]) -> String {
        format!("/audit{}", self.params.to_url(changes))
    }

    fn csv(&self) -> String {
        format!("/audit/csv{}", self.params.to_url(&[("per_page", String::new()), ("fold", String::new())]))
    }

    /// The number of the first line of this page, from 1.
    fn first(&self) -> usize {
        (self.audit.page - 1) * self.query.per_page + 1
    }

    /// The last line of this page.
    fn last(&self) -> usize {
        self.audit.matching.min(self.first() + self.query.per_page - 1)
    }

    fn is_narrowed(&self) -> bool {
        !self.query.search.is_empty() || self.params.filters()
    }
}

#[expect(
    clippy::unused_self,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, with references"
)]
impl Shown {
    fn sentence(&self, line: &Line) -> Vec<Part> {
        sentence(&line.record.entry, line.record.end.outcome)
    }

    fn value<'a>(&self, value: &'a Option<String>) -> &'a str {
        given(value.as_ref()).unwrap_or_default()
    }

    /// Returns true if its words say again what its sentence says, and so stand behind that. The end of work has a
    /// row of its own, whose words are its news.
    fn repeats(&self, record: &Record) -> bool {
        record.end.outcome == Outcome::Done && record.end.status.is_some() && !record.end.words.is_empty()
    }

    fn badge(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Open | Outcome::Asked => "stopped",
            Outcome::Begun | Outcome::Refused => "idle",
            Outcome::Done => "running",
            Outcome::Failed => "broken",
        }
    }

    fn outcome<'a>(&self, outcome: &'a Outcome) -> &'a str {
        match outcome {
            Outcome::Open => "outcome unknown",
            Outcome::Asked => "not confirmed",
            other => other.as_ref(),
        }
    }
}

/// `GET /audit`.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    config: Data<LiveConfig>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let (query, params) = (params.read()?, params.into_inner());
    let audit = state.audit.page(query.clone()).await?;
    let accounts = state.audit.accounts(MOST_ACCOUNTS).await?;
    let routes = request.app_data::<RouteTable>().map_or(&[][..], |table| table.0);
    let actions = routes.iter().filter_map(|route| route.action).sorted_unstable().dedup().collect();
    let (limits, waiting) = (state.audit.limits(), state.audit.waiting());
    let has_broker = config.now().broker.is_some();
    let shown = Shown { page, params, query, audit, accounts, actions, has_broker, limits, waiting };
    fragment::full_page(&shown, StatusCode::OK)
}
