//! `GET /history`: the bans that BanGUI has recorded, and how they ended.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use strum::VariantArray as _;

use crate::domain::ban::order::{Direction, Sort};
use crate::domain::geo::origin::Origin;
use crate::domain::history::{Ending, HistoryLimits, HistoryPage, HistoryQuery, RecordedBan};
use crate::domain::text;
use crate::history::{Absent, HistoryError, Progress, Source};
use crate::web::extract::ban_query::usual;
use crate::web::extract::field::given;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::messages::history as words;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

use super::params::{PER_PAGE, PERIODS, Params};

#[derive(Template)]
#[template(path = "history/page.html", blocks = ["table"])]
struct Shown {
    page: Page,
    params: Params,
    query: HistoryQuery,
    found: HistoryPage,
    limits: HistoryLimits,
    progress: Progress,
    /// Reason why there is no record.
    absent: Option<Absent>,
}

/// The header of a column that sorts.
struct Column {
    title: &'static str,
    query: String,
    /// `ascending` or `descending` where the table is sorted by it now.
    sorted: Option<&'static str>,
}

impl Shown {
    async fn load(page: Page, state: &State, params: Params) -> Result<Self, Error> {
        let query = params.read(page.now.as_second())?;
        let (found, absent) = match state.history.page(query.clone()).await {
            Ok(found) => (found, None),
            Err(HistoryError::Absent(absent)) => (HistoryPage::default(), Some(absent)),
            Err(HistoryError::Storage(error)) => return Err(error.into()),
            Err(HistoryError::Daemon(error)) => return Err(crate::jail_service::Error::Daemon(error).into()),
        };
        let (limits, progress) = (state.history.limits(), state.history.progress());
        Ok(Self { page, params, query, found, limits, progress, absent })
    }

    /// The times to choose from: name, URL, and whether it is shown.
    fn periods(&self) -> [(&'static str, String, bool); 4] {
        let shown = self.params.period().filter(|_| !self.params.has_days());
        PERIODS.map(|period @ (word, name, _)| {
            let word = if period == PERIODS[0] { String::new() } else { word.to_owned() };
            let none = String::new;
            (name, self.url(&[("time", word), ("from", none()), ("to", none())]), shown == Some(period))
        })
    }

    fn url(&self, changes: &[(&'static str, String)]) -> String {
        format!("/history{}", self.params.to_url(changes))
    }

    /// The query of another page of the same window.
    fn at(&self, page: usize) -> String {
        self.params.to_url(&[("at", self.window()), ("page", page.to_string())])
    }

    fn window(&self) -> String {
        self.query.at.map_or_else(String::new, |at| at.to_string())
    }

    fn file(&self, kind: &str) -> String {
        format!("/history/{kind}{}", self.params.to_url(&[("per_page", String::new())]))
    }

    fn unfiltered(&self) -> String {
        let none = String::new;
        self.url(&[("jail", none()), ("country", none()), ("ip", none()), ("ended", none())])
    }

    fn columns(&self) -> [Column; 4] {
        let columns = [
            (Sort::Ip, "Address"),
            (Sort::Country, "Country"),
            (Sort::Banned, "Banned"),
            (Sort::Expires, "End"),
        ];
        columns.map(|(sort, title)| self.column(sort, title))
    }

    /// A second click turns the direction.
    fn column(&self, sort: Sort, title: &'static str) -> Column {
        let is_current = self.query.sort == sort;
        let direction = if is_current { self.query.direction.turned() } else { usual(sort) };
        let value = |is_usual: bool, text: String| if is_usual { String::new() } else { text };
        let query = self.params.to_url(&[
            ("sort", value(sort == Sort::Banned, sort.to_string())),
            ("dir", value(direction == usual(sort), direction.to_string())),
        ]);
        let sorted = is_current.then_some(match self.query.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        });
        Column { title, query, sorted }
    }

    /// The number of the first row of this page, from 1.
    fn first(&self) -> usize {
        (self.found.page - 1) * self.query.per_page + 1
    }

    fn last(&self) -> usize {
        self.first() + self.found.bans.len() - 1
    }

    /// Returns true if a window is not all that may match.
    fn is_part(&self) -> bool {
        self.found.next.is_some() || self.query.at.is_some()
    }

    /// Returns true if only the bans of the window are in this order.
    fn is_sorted_in_part(&self) -> bool {
        self.is_part() && self.query.sort != Sort::Banned
    }

    fn is_usual_direction(&self) -> bool {
        self.query.direction == usual(self.query.sort)
    }

    /// What keeps the record from being complete now.
    fn limit_of_source(&self) -> Option<String> {
        let source = self.progress.source.filter(|source| *source != Source::Database)?;
        Some(messages::explain(&source))
    }

    /// What is shown, in a few words.
    fn time(&self) -> String {
        words::time(self.params.period().filter(|_| !self.params.has_days()).map(|(_, name, _)| name))
    }
}

#[expect(
    clippy::unused_self,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, with references"
)]
impl Shown {
    /// The query of the next window.
    fn next(&self, at: &i64) -> String {
        self.params.to_url(&[("at", at.to_string())])
    }

    fn of_country(&self, origin: &Origin) -> String {
        self.url(&[("country", origin.slug().to_owned())])
    }

    fn is_chosen(&self, ending: &Ending) -> bool {
        self.query.ending.as_ref() == Some(ending)
    }

    fn value<'a>(&self, value: &'a Option<String>) -> &'a str {
        given(value.as_ref()).unwrap_or_default()
    }

    /// The kind of field for a day, or for a time of day.
    fn kind_of_time(&self, value: &Option<String>) -> &'static str {
        if self.value(value).contains('T') { "datetime-local" } else { "date" }
    }

    fn endings(&self) -> &'static [Ending] {
        Ending::VARIANTS
    }

    fn badge(&self, ban: &RecordedBan) -> &'static str {
        match ban.ending {
            Ending::Standing => "",
            Ending::RanOut | Ending::Unknown => "stopped",
            Ending::Lifted => "idle",
        }
    }
}

/// `GET /history`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    fragment::full_page(&Shown::load(page, &state, params.into_inner()).await?, StatusCode::OK)
}

/// `GET /history/table`.
pub(crate) async fn table(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let shown = Shown::load(page, &state, params.into_inner()).await?;
    let url = format!("/history{}", shown.params.here());
    let fragment = Fragment::new(shown.as_table().render()?).and_daemon(&shown.page)?;
    Ok(fragment.at(url, &request).into_response(StatusCode::OK))
}
