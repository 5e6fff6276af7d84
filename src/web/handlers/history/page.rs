//! `GET /history`: the bans that BanGUI has recorded, and how they ended.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use strum::VariantArray as _;

use crate::domain::address::Banned;
use crate::domain::ban::order::Direction;
use crate::domain::geo::origin::Origin;
use crate::domain::history::{Ending, HistoryLimits, HistoryPage, HistoryQuery, HistorySort, RecordedBan};
use crate::domain::text;
use crate::history::{Absent, HistoryError, Progress, Source};
use crate::web::extract::field::given;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::messages::history as words;
use crate::web::view::page::Page;
use crate::web::view::running::Running;
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
    running: Running,
    /// What is wrong with the text in the field of the address.
    mistake: Option<String>,
}

/// The header of a column that sorts.
struct Column {
    sort: HistorySort,
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
        let mistake = no_address(&query, &found);
        let running = Running::read(&page, state).await;
        Ok(Self { page, params, query, found, limits, progress, absent, running, mistake })
    }

    fn status(&self) -> StatusCode {
        if self.mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    /// The numbers of bans beside the search, each with what it counts.
    fn counts(&self) -> String {
        let matching = format::number(self.found.matching);
        let shown = match self.found.bans.len() {
            0 => String::new(),
            _ => format!("{}–{} of ", format::number(self.first()), format::number(self.last())),
        };
        let all = match &self.query.jail {
            Some(jail) => format!("{} in {}", format::bans(self.found.all, None), text::escaped(jail)),
            None => format::bans(self.found.all, None),
        };
        let all = format!("{all} {}", self.time());
        match (self.is_part(), self.query.is_filtered()) {
            (false, false) => format!("{shown}{all}"),
            (false, true) => format!("{shown}{matching} that match · {all}"),
            (true, false) => format!("{shown}{matching} on these pages · {all}"),
            (true, true) => format!("{shown}{matching} that match on these pages · {all}"),
        }
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

    fn columns(&self) -> [Column; 8] {
        let columns = [
            (HistorySort::Ip, "Address"),
            (HistorySort::Country, "Country"),
            (HistorySort::Banned, "Banned"),
            (HistorySort::Expires, "End"),
            (HistorySort::Ended, "Ended"),
            (HistorySort::Jail, "Jail"),
            (HistorySort::Length, "Length"),
            (HistorySort::Number, "No."),
        ];
        columns.map(|(sort, title)| self.column(sort, title))
    }

    /// A second click turns the direction.
    fn column(&self, sort: HistorySort, title: &'static str) -> Column {
        let is_current = self.query.sort == sort;
        let direction = if is_current { self.query.direction.turned() } else { sort.usual() };
        let value = |is_usual: bool, text: String| if is_usual { String::new() } else { text };
        let query = self.params.to_url(&[
            ("sort", value(sort == HistorySort::Banned, sort.to_string())),
            ("dir", value(direction == sort.usual(), direction.to_string())),
        ]);
        let sorted = is_current.then_some(match self.query.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        });
        Column { sort, title, query, sorted }
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
        self.is_part() && self.query.sort != HistorySort::Banned
    }

    fn is_usual_direction(&self) -> bool {
        self.query.direction == self.query.sort.usual()
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

    fn endings(&self) -> &'static [Ending] {
        Ending::VARIANTS
    }

    fn ended(&self, ban: &RecordedBan) -> String {
        words::stands_or_ended(ban, self.running.blocks_nothing(ban))
    }

    fn badge(&self, ban: &RecordedBan) -> &'static str {
        match ban.ending {
            Ending::Standing if self.running.blocks_nothing(ban) => "stopped",
            Ending::Standing => "",
            Ending::RanOut | Ending::Unknown => "stopped",
            Ending::Lifted => "idle",
        }
    }
}

/// Says that nothing is found because the text that is looked for is no address. Jails may have banned any text, so what
/// is found is shown.
pub(super) fn no_address(query: &HistoryQuery, found: &HistoryPage) -> Option<String> {
    let Some(Banned::Text(text)) = query.entry.as_ref().filter(|_| found.bans.is_empty()) else {
        return None;
    };
    let shown = text::escaped(&text::truncate(text, 60));
    Some(format!("“{shown}” is neither an address nor a network, e.g. 203.0.113.7 or 203.0.113.0/24."))
}

/// `GET /history`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let shown = Shown::load(page, &state, params.into_inner()).await?;
    fragment::full_page(&shown, shown.status())
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
    Ok(fragment.at(url, &request).into_response(shown.status()))
}
