//! `/bans`: every active ban over all jails, and the unban of many that is under way.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::Timestamp;

use crate::domain::ban::held::cut;
use crate::domain::ban::order::Sort;
use crate::domain::ban::page::{BanPage, JailBan};
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;
use crate::jail_service::{
    BanContext, BulkFinished, BulkState, Entries, Gap, MOST_COUNTED, MOST_UNDONE, Missing,
};
use crate::web::extract::ban_query::BanParams;
use crate::web::extract::{ban_key, ban_query};
use crate::web::problem::error::Error;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ban_links::BanLinks;
use crate::web::view::ban_time::BanTime;
use crate::web::view::fragment::Fragment;
use crate::web::view::geo::Places;
use crate::web::view::page::Page;
use crate::web::view::timed_bans::TimedBans;
use crate::web::view::{assets, format, fragment, messages};

/// Every ban, with the part of the list that was asked for.
#[derive(Template)]
#[template(path = "bans/all.html", blocks = ["bans", "sum", "unban_all"])]
pub(crate) struct AllBansPage {
    /// The parts that every page has.
    pub page: Page,
    bans: BanPage,
    /// Gaps in the ban lists.
    gaps: Vec<Gap>,
    places: Places,
    as_of: Timestamp,
    /// Facts that are needed beside the bans of each jail.
    contexts: HashMap<JailName, BanContext>,
    /// The links of the table.
    pub links: BanLinks,
    /// Different entries of all of these bans, where they are not too many to be counted at each view.
    entries: Option<Entries>,
    /// The bans that have an end of their own.
    timed: TimedBans,
    bulk: BulkState,
    /// The network that was written.
    pub network: String,
    /// Reason why the network was refused.
    pub(crate) mistake: Option<String>,
}

#[derive(Template)]
#[template(path = "bans/work.html")]
struct BulkProgress {
    page: Page,
    bulk: BulkState,
}

/// The unban of many, without an end that was closed.
fn shown_bulk(page: &Page, state: &State) -> BulkState {
    let BulkState { running, last } = state.jails.bulk();
    BulkState { running, last: last.filter(|last| page.dismissed.1 != Some(last.ended)) }
}

/// Offers to ban again the entries that were lifted, as far as that is possible.
fn undo(last: &BulkFinished) -> Flash {
    let lifted = last.outcome.undo.iter().map(|(jail, banned)| (jail, banned));
    Flash::good("").with_undo(lifted).counted_by(&last.outcome.counted_by)
}

#[expect(clippy::unused_self, reason = "the template that both pages include calls it on the page")]
impl AllBansPage {
    fn undo(&self, last: &BulkFinished) -> Flash {
        undo(last)
    }
}

#[expect(clippy::unused_self, reason = "the template that both pages include calls it on the page")]
impl BulkProgress {
    fn undo(&self, last: &BulkFinished) -> Flash {
        undo(last)
    }
}

impl AllBansPage {
    /// Cuts the part of all bans that `params` asks for.
    pub(crate) async fn load(page: Page, state: &State, params: &BanParams) -> Result<Self, Error> {
        let query = params.read()?;
        page.require_daemon()?;
        let all = state.jails.shown_bans(query.jail.as_ref(), page.freshness).await?;
        let timed = TimedBans::read(state, query.jail.as_ref()).await?;
        let own = |jail: &JailName, table| {
            (query.sort == Sort::Expires).then(|| timed.own_table(jail, table)).flatten()
        };
        let own: Vec<_> = all.lists.iter().map(|(jail, bans)| own(jail, &bans.list.table)).collect();
        let lists = all.lists.iter().zip(&own);
        let lists: Vec<_> =
            lists.map(|((jail, bans), own)| (jail, own.as_ref().unwrap_or(&bans.list.table))).collect();
        let bans = cut(&lists, &query, page.held.as_ref());
        let every = all.lists.iter().flat_map(|(_, bans)| bans.list.table.bans());
        let entries = (bans.all as u64 <= MOST_COUNTED).then(|| Entries::count(every));
        let as_of = all.lists.iter().map(|(_, bans)| bans.as_of).min().unwrap_or(page.now);
        let context = |(jail, bans): &(JailName, _)| (jail.clone(), state.jails.ban_context(jail, bans));
        let contexts = all.lists.iter().map(context).collect();
        let links = BanLinks::of_all(all.jails, query);
        let bulk = shown_bulk(&page, state);
        let places = Places::known(state, bans.bans.iter().map(|row| &row.ban.banned)).await;
        Ok(Self {
            page,
            bans,
            gaps: all.gaps,
            places,
            as_of,
            contexts,
            links,
            entries,
            timed,
            bulk,
            network: String::new(),
            mistake: None,
        })
    }

    /// The table, with everything else on the page that changes with it.
    pub(crate) fn fragment(&self) -> Result<Fragment, Error> {
        let table = Fragment::new(self.as_bans().render()?).and("sum", &self.as_sum().render()?);
        let all =
            if self.page.operates() { table.and("unban-all", &self.as_unban_all().render()?) } else { table };
        all.and_daemon(&self.page)
    }

    /// The page's own URL in its present state.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.links.base, self.links.here())
    }

    fn time(&self, row: &JailBan) -> BanTime {
        let unknown = || BanContext::unknown(self.as_of);
        let context = self.contexts.get(&row.jail).cloned().unwrap_or_else(unknown);
        BanTime::describe(&self.timed.own(&row.jail, &row.ban), &context, &self.page.now)
    }

    fn has_unknown_zone(&self) -> bool {
        self.bans
            .bans
            .iter()
            .any(|row| self.contexts.get(&row.jail).is_none_or(|context| !context.is_zone_known))
    }

    /// All that is banned, in a few words.
    fn sum(&self) -> String {
        let bans = format::bans(self.bans.all as u64, self.entries.as_ref());
        match (&self.links.query.jail, self.contexts.len()) {
            (Some(jail), _) => format!("{bans} in {jail}"),
            (None, 1) => format!("{bans} in 1 jail"),
            (None, jails) => format!("{bans} in {} jails", format::number(jails)),
        }
    }

    /// Returns true if the table has only a part of all bans.
    fn is_narrowed(&self) -> bool {
        let query = &self.links.query;
        query.jail.is_some() || query.origin.is_some() || !query.search.is_empty()
    }

    /// All that is searched.
    fn among(&self) -> String {
        self.links.query.jail.as_ref().map_or_else(|| "in all jails".to_owned(), |jail| format!("in {jail}"))
    }

    fn where_banned(&self) -> String {
        self.links.query.jail.as_ref().map_or_else(|| "in any jail".to_owned(), |jail| format!("in {jail}"))
    }

    #[expect(clippy::unused_self, reason = "the template that both pages include calls it on the page")]
    fn nobody(&self) -> &'static str {
        "New bans will appear here."
    }
}

/// `GET /bans`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    params: Query<BanParams>,
) -> Result<HttpResponse, Error> {
    fragment::full_page(&AllBansPage::load(page, &state, &params).await?, StatusCode::OK)
}

/// `GET /bans/table`.
pub(crate) async fn table(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    params: Query<BanParams>,
) -> Result<HttpResponse, Error> {
    let shown = AllBansPage::load(page, &state, &params).await?;
    Ok(shown.fragment()?.at(shown.url(), &request).into_response(StatusCode::OK))
}

/// `GET /bans/work`: how far the unban of many is. Comes also while the daemon does not answer.
pub(crate) async fn work(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let bulk = shown_bulk(&page, &state);
    let said = messages::bulk::said(&bulk, &page.now);
    let picture = BulkProgress { page, bulk };
    let fragment = Fragment::new(picture.render()?).and_said("bulk-said", &said)?;
    Ok(fragment.and_daemon(&picture.page)?.into_response(StatusCode::OK))
}
