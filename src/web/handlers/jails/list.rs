//! `/jails`: every jail and its figures.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::Timestamp;

use crate::domain::action_failure::ActionFailure;
use crate::domain::ignore::NotInForce;
use crate::domain::jail::{JailName, JailSummaries, JailSummary, UnusableJail};
use crate::domain::reload::Shortfall;
use crate::fail2ban;
use crate::jail_service::{ConfigurationUnread, Entries, JobOutcome, JobState, Stop, Unstartable};
use crate::web::extract::ban_query;
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::messages::unstartable;
use crate::web::view::page::Page;
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, format, fragment, jail_settings, job_progress, messages, reload_plan};

use super::order::{JailOrder, JailParams, Sort};

/// Jails that are found without a search.
const FEW: usize = 8;

#[derive(Template)]
#[template(path = "jails/list.html", blocks = ["sum", "table"])]
struct JailsPage {
    page: Page,
    jails: Arc<JailSummaries>,
    order: JailOrder,
    /// The last ban of each jail that has one, or why that is not known.
    last: Result<Arc<HashMap<JailName, Timestamp>>, String>,
    /// Jails that the configuration would start and that do not run.
    stopped: Result<Vec<JailName>, ConfigurationUnread>,
    /// Jails that were stopped from here and do not run.
    stops: BTreeMap<JailName, Stop>,
    /// Jails that were put to rest from here.
    idle: Vec<JailName>,
    /// Different entries banned in all of them, each counted once, where that is known without
    /// asking.
    entries: Option<Entries>,
    /// Jails whose ignore list may hold every address.
    disarmed: Arc<BTreeSet<JailName>>,
    /// Jails that are not as their files say since they were reloaded.
    short: BTreeMap<JailName, Shortfall>,
    /// Actions that failed when their jail was reloaded or started.
    failed: BTreeMap<JailName, Vec<ActionFailure>>,
    /// Kept ignore entries that fail2ban did not take.
    not_in_force: BTreeMap<JailName, NotInForce>,
    work: JobState,
}

/// A row of the table.
enum Row<'a> {
    Running(&'a JailSummary),
    Stopped(&'a JailName),
    /// It was stopped from here, and cannot be started from here.
    Lost(&'a JailName, &'a Stop, Unstartable),
    Unusable(&'a UnusableJail),
}

impl JailsPage {
    /// The rows that are searched for, in their order.
    fn rows(&self) -> Vec<Row<'_>> {
        let is_found = |name: &JailName| self.order.finds(name.as_str());
        let mut running: Vec<_> = self.jails().iter().filter(|jail| is_found(&jail.name)).collect();
        self.order.arrange(&mut running, self.last.as_deref().ok(), |jail| self.rank(jail));
        let running = running.into_iter().map(Row::Running);
        let stopped = self.stopped().iter().filter(|name| is_found(name)).map(Row::Stopped);
        let lost = self.lost().into_iter().filter(|(name, ..)| is_found(name));
        let lost = lost.map(|(name, stop, why)| Row::Lost(name, stop, why));
        let unusable = self.jails.unusable.iter().filter(|jail| self.order.finds(&jail.name));
        let others = stopped.chain(lost).chain(unusable.map(Row::Unusable));
        match self.order.sort {
            Sort::State if !self.order.is_descending => others.chain(running).collect(),
            _ => running.chain(others).collect(),
        }
    }

    /// The state of a jail that runs: the worse, the less.
    fn rank(&self, jail: &JailSummary) -> u64 {
        let name = &jail.name;
        let is_broken = jail.status.is_err()
            || self.short.contains_key(name)
            || self.failed.contains_key(name)
            || self.not_in_force.contains_key(name)
            || self.disarmed.contains(name);
        if is_broken { 0 } else { 1 + u64::from(!self.idle.contains(name)) }
    }

    /// The link of a column: the query of the list sorted by it, and how it is sorted now.
    fn link(&self, sort: &str) -> (String, Option<&'static str>) {
        let sort = sort.parse().unwrap_or(Sort::Name);
        (self.order.by(sort).to_url(), self.order.sorted(sort))
    }

    /// Returns true if there are so many jails that one looks for one of them.
    fn is_searched(&self) -> bool {
        self.number() + self.number_stopped() > FEW || !self.order.search.is_empty()
    }

    /// The last ban of a jail, if it has one.
    fn last_ban(&self, jail: &JailName) -> Option<&Timestamp> {
        self.last.as_ref().ok()?.get(jail)
    }

    /// Returns the number of bans in all jails, and of their addresses where that is known; `None`
    /// where a jail's figures are not known.
    fn bans(&self) -> Option<String> {
        let banned = |jail: &JailSummary| jail.status.as_ref().ok()?.banned_now.as_ref().ok().copied();
        let bans: Option<u64> = self.jails().iter().map(banned).sum();
        let bans = bans.filter(|_| self.jails.unusable.is_empty())?;
        Some(format::bans(bans, self.entries.as_ref()))
    }

    /// Returns the number of jails that run.
    fn number(&self) -> usize {
        self.jails().len() + self.jails.unusable.len()
    }

    fn number_of_jails(&self) -> String {
        let number = self.number();
        format!("{} {}", format::number(number), if number == 1 { "jail" } else { "jails" })
    }

    /// The jails that can be asked about.
    fn jails(&self) -> &[JailSummary] {
        &self.jails.jails
    }

    /// The labels of the cells that say nothing about a stopped jail.
    fn columns(&self) -> Vec<&'static str> {
        let mut labels = vec![
            "Banned now",
            "Total banned",
            "Currently failed",
            "Total failed",
            "Last ban",
            "Ban time",
            "Find time",
            "Retries",
        ];
        if self.tells_backends() {
            labels.push("Backend");
        }
        labels
    }

    fn stopped(&self) -> &[JailName] {
        self.stopped.as_deref().unwrap_or_default()
    }

    /// Those that were stopped from here and cannot be started from here, and why.
    fn lost(&self) -> Vec<(&JailName, &Stop, Unstartable)> {
        let why = |jail: &JailName| match &self.stopped {
            Ok(stopped) => (!stopped.contains(jail)).then_some(Unstartable::NotConfigured),
            Err(unread) => Some(Unstartable::Unreadable(*unread)),
        };
        self.stops.iter().filter_map(|(jail, stop)| Some((jail, stop, why(jail)?))).collect()
    }

    fn number_stopped(&self) -> usize {
        self.stopped().len() + self.lost().len()
    }

    /// Returns true if the daemon reports the jails' backends at all.
    fn tells_backends(&self) -> bool {
        self.jails().iter().any(|jail| jail.backend.is_some())
    }
}

async fn load_page(page: Page, state: &State, order: JailOrder) -> Result<JailsPage, Error> {
    page.require_daemon()?;
    let jails = state.jails.jails(page.freshness).await?;
    let names: Vec<JailName> = jails.jails.iter().map(|jail| jail.name.clone()).collect();
    let stopped = state.jails.stopped_jails(&names).await;
    let stops = state.jails.stops(&names);
    let idle = names.into_iter().filter(|jail| state.jails.idle(jail) == Some(true)).collect();
    let entries = state.jails.entries_at_hand(&jails.jails);
    let short = state.jails.short_jails().await;
    let failed = state.jails.failed_actions().await;
    let not_in_force = state.jails.not_in_force();
    let disarmed = state.jails.jails_that_may_ignore_everybody().await;
    let last = state.jails.last_bans().await.map_err(|error| match &error {
        fail2ban::Error::Database(why) => messages::explain(why),
        error => description::describe_daemon_error(error).title,
    });
    let work = job_progress::on_page(&page, state);
    Ok(JailsPage {
        page,
        jails,
        order,
        last,
        stopped,
        stops,
        idle,
        entries,
        disarmed,
        short,
        failed,
        not_in_force,
        work,
    })
}

/// `GET /jails`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    params: Query<JailParams>,
) -> Result<HttpResponse, Error> {
    fragment::full_page(&load_page(page, &state, params.read()?).await?, StatusCode::OK)
}

/// `GET /jails/table`.
pub(crate) async fn table(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    params: Query<JailParams>,
) -> Result<HttpResponse, Error> {
    let shown = load_page(page, &state, params.read()?).await?;
    let fragment = Fragment::new(shown.as_table().render()?).and("sum", &shown.as_sum().render()?);
    let fragment = fragment.at(format!("/jails{}", shown.order.to_url()), &request);
    Ok(fragment.and_daemon(&shown.page)?.into_response(StatusCode::OK))
}
