//! The dashboard as a page, and the part of it that comes anew.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use strum::VariantArray as _;

use crate::domain::geo::operators::Operators;
use crate::domain::geo::origin::Origin;
use crate::domain::history::Ending;
use crate::domain::jail::{JailName, JailSummaries};
use crate::domain::overview::{Overview, OverviewQuery};
use crate::domain::text;
use crate::history::{Absent, HistoryError, Progress};
use crate::jail_service::JobState;
use crate::web::extract::field::local_minute;
use crate::web::extract::{ban_key, ban_query};
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::messages::dashboard as words;
use crate::web::view::page::{DaemonState, Page};
use crate::web::view::{assets, format, fragment as parts, job_progress, messages, percent};

use super::chart::Chart;
use super::params::Params;
use super::times::{self, Period};
use super::verdict::{Kind, Verdict};
use super::world::{self, Land};

/// Rows of a list before the rest of it is folded.
const ROWS: usize = 8;

#[derive(Template)]
#[template(path = "dashboard/page.html", blocks = ["all"])]
struct Dashboard {
    page: Page,
    params: Params,
    period: Period,
    query: OverviewQuery,
    told: Overview,
    /// Reason why there is no record.
    absent: Option<Absent>,
    progress: Progress,
    chart: Chart,
    lands: Vec<Land>,
    /// The network operators of the newest bans; `None` where no provider tells.
    operators: Option<Operators>,
    /// The jails that run and their figures; `None` where fail2ban did not tell.
    jails: Option<Arc<JailSummaries>>,
    work: JobState,
    verdict: Verdict,
    /// True if *Start fail2ban* is offered.
    can_start: bool,
}

impl Dashboard {
    async fn load(page: Page, state: &State, params: Params) -> Result<Self, Error> {
        let places = state.geo.tells_places();
        let query = OverviewQuery { wants_addresses: places, ..params.read(page.now.as_second())? };
        let period = params.period()?;
        let (told, absent) = match state.history.overview(query.clone()).await {
            Ok(told) => (told, None),
            Err(HistoryError::Absent(absent)) => (Overview::default(), Some(absent)),
            Err(HistoryError::Storage(error)) => return Err(error.into()),
            Err(HistoryError::Daemon(error)) => return Err(crate::jail_service::Error::Daemon(error).into()),
        };
        let answers = matches!(page.daemon, Some(DaemonState::Answers(_)));
        let jails = if answers { jails(&page, state).await } else { None };
        let operators = if places { Some(state.geo.operators(&told.addresses, ROWS).await) } else { None };
        let chart = Chart::draw(&params, period, &query, &told, page.now);
        let lands = world::lands(&params, &told, query.origin);
        let (progress, work) = (state.history.progress(), job_progress::on_page(&page, state));
        let quiet = words::quiet(&told.rates, jails.as_deref());
        let restoring = work.last.as_ref().and_then(messages::job::restoring);
        let verdict =
            Verdict::of(page.daemon.as_ref(), !page.lost_jails.is_empty(), quiet).restoring(restoring);
        let looked = if answers { state.jails.last_look() } else { None };
        let verdict = verdict.looked_at(looked.as_deref(), &page.now);
        let can_start = job_progress::can_start(&page, state).await;
        Ok(Self {
            page,
            params,
            period,
            query,
            told,
            absent,
            progress,
            chart,
            lands,
            operators,
            jails,
            work,
            verdict,
            can_start,
        })
    }

    fn here(&self) -> String {
        self.params.to_url(&[])
    }

    fn periods(&self) -> Vec<(&'static str, String, bool)> {
        let period = |period: &Period| {
            let changes = [("time", period.to_string()), ("bar", String::new())];
            (period.name(), self.params.to_url(&changes), *period == self.period)
        };
        Period::VARIANTS.iter().map(period).collect()
    }

    /// What it is narrowed to, each with the URL without it.
    fn narrowings(&self) -> Vec<(String, String)> {
        let (since, until) = self.query.between();
        let bar = self.query.bar.map(|_| (times::of_bar(self.period, since, until), "bar"));
        let jail = self.query.jail.as_ref().map(|jail| (text::escaped(jail), "jail"));
        let country = self.query.origin.map(|origin| (origin.name().to_owned(), "country"));
        let chosen = [bar, jail, country].into_iter().flatten();
        chosen.map(|(name, field)| (name, self.params.to_url(&[(field, String::new())]))).collect()
    }

    /// True if the chosen bar is not in the chart any more.
    fn has_lost_its_bar(&self) -> bool {
        self.params.has_bar() && self.query.bar.is_none()
    }

    /// The URL of the bans that are counted.
    fn rows(&self) -> String {
        let mut pairs = Vec::new();
        let (since, until) = self.query.between();
        pairs.push(("from", local_minute(since)));
        if self.query.bar.is_some() {
            pairs.push(("to", local_minute(until)));
        }
        pairs.extend(self.query.jail.clone().map(|jail| ("jail", jail)));
        pairs.extend(self.query.origin.map(|origin| ("country", origin.slug().to_owned())));
        format!("/history{}", ban_query::query_string(pairs))
    }

    /// Returns true if a bar is chosen of which the record holds nothing.
    fn is_unrecorded(&self) -> bool {
        let bar = self.query.bar.and_then(|bar| self.chart.bars.get(bar));
        bar.is_some_and(|bar| bar.is_gap && bar.bans == 0)
    }

    /// Bans of all jails now, and their failures now and since the jails started.
    fn now(&self) -> Option<words::Now> {
        words::now(self.jails.as_deref()?)
    }

    fn first_origins(&self) -> &[(Origin, u64)] {
        self.told.origins.get(..ROWS).unwrap_or(&self.told.origins)
    }

    fn other_origins(&self) -> &[(Origin, u64)] {
        self.told.origins.get(ROWS..).unwrap_or_default()
    }

    /// The jails with bans in what is shown.
    fn jails_with_bans(&self) -> Vec<&(String, u64)> {
        self.told.jails.iter().filter(|(_, bans)| *bans > 0).collect()
    }

    fn most_of_origins(&self) -> Option<u64> {
        self.told.origins.first().map(|(_, bans)| *bans)
    }

    fn most_of_jails(&self) -> Option<u64> {
        self.told.jails.iter().map(|(_, bans)| *bans).max()
    }

    fn is_first_look(&self) -> bool {
        self.progress.source.is_none() || self.progress.first.is_some()
    }

    fn limit_of_source(&self) -> Option<String> {
        let source = self.progress.source.filter(|source| *source != crate::history::Source::Database)?;
        Some(messages::explain(&source))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates call methods with references")]
impl Dashboard {
    /// The share of the most frequent, for a row's bar.
    fn share(bans: &u64, most: Option<u64>) -> String {
        percent::of(*bans, most.unwrap_or(1))
    }

    /// The share of the most frequent operator, for a row's bar.
    fn share_of_operators(&self, bans: &usize) -> String {
        let most = self.operators.as_ref().and_then(|told| told.most.first()).map(|first| first.bans as u64);
        Self::share(&(*bans as u64), most)
    }

    fn of_country(&self, origin: &Origin) -> String {
        let is_chosen = self.query.origin.as_ref() == Some(origin);
        self.params.to_url(&[("country", if is_chosen { String::new() } else { origin.slug().to_owned() })])
    }

    fn of_jail(&self, jail: &str) -> String {
        let is_chosen = self.query.jail.as_deref() == Some(jail);
        self.params.to_url(&[("jail", if is_chosen { String::new() } else { jail.to_owned() })])
    }

    fn is_unknown(&self, jail: &str) -> bool {
        !self.told.jails.iter().any(|(name, _)| name == jail)
    }

    fn is_running(&self, jail: &str) -> bool {
        self.jails.as_ref().is_some_and(|jails| jails.jails.iter().any(|own| own.name.as_str() == jail))
    }

    /// The page of a jail that runs now.
    fn jail_page(&self, jail: &str) -> Option<String> {
        let name: JailName = jail.parse().ok()?;
        self.is_running(jail).then(|| ban_query::jail_path(&name))
    }
}

/// The jails that run and their figures; `None`, which the page shows as unknown, where fail2ban does not tell.
async fn jails(page: &Page, state: &State) -> Option<Arc<JailSummaries>> {
    let jails = state.jails.jails(page.freshness).await;
    jails.inspect_err(|error| tracing::warn!(%error, "the figures of the dashboard cannot be read")).ok()
}

/// `GET /`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    parts::full_page(&Dashboard::load(page, &state, params.into_inner()).await?, StatusCode::OK)
}

/// `GET /dashboard`.
pub(crate) async fn fragment(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let shown = Dashboard::load(page, &state, params.into_inner()).await?;
    let fragment = Fragment::new(shown.as_all().render()?).at(format!("/{}", shown.here()), &request);
    Ok(fragment.and_daemon(&shown.page)?.into_response(StatusCode::OK))
}
