//! `/jails/{jail}`: one jail and its bans.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use strum::VariantArray as _;

use crate::domain::action_failure::ActionFailure;
use crate::domain::ban::held::cut;
use crate::domain::ban::order::Sort;
use crate::domain::ban::page::{BanPage, JailBan};
use crate::domain::ban::table::BanTable;
use crate::domain::geo::origin::Origin;
use crate::domain::jail::{JailName, JailSummary, Length, Source};
use crate::domain::reload::Shortfall;
use crate::jail_service::{BanContext, Gap, JobOutcome, JobState, Missing, Trouble};
use crate::web::extract::ban_query::BanParams;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::extract::{ban_key, ban_query};
use crate::web::handlers::jails;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::ban_links::BanLinks;
use crate::web::view::ban_term::TermForm;
use crate::web::view::ban_time::BanTime;
use crate::web::view::fragment::Fragment;
use crate::web::view::geo::Places;
use crate::web::view::ignore_card::IgnoreCard;
use crate::web::view::jail_part::JailPart;
use crate::web::view::jail_settings::Group;
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::page::Page;
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::shown_value::ShownValue;
use crate::web::view::timed_bans::TimedBans;
use crate::web::view::{assets, format, fragment, jail_settings, job_progress, messages, reload_plan};

/// One jail, with the part of its ban list that was asked for.
#[derive(Template)]
#[template(path = "jails/show.html", blocks = ["figures", "bans", "ban_form", "badge", "actions"])]
pub(crate) struct JailPage {
    /// The parts that every page has.
    pub page: Page,
    /// The part that was asked for.
    pub part: JailPart,
    jail: JailSummary,
    bans: BanPage,
    /// Gaps in its ban list.
    gaps: Vec<Gap>,
    places: Places,
    as_of: Timestamp,
    /// Facts that are needed beside its bans; `None` where their list could not be read.
    context: Option<BanContext>,
    links: BanLinks,
    work: JobState,
    /// Reason why it does not protect as it should.
    trouble: Option<Trouble>,
    /// True if it is idle, as far as that was set from here.
    idle: Option<bool>,
    /// Differences from its files since it was reloaded.
    short: Option<Shortfall>,
    /// Actions that failed when it was reloaded or started.
    failed: Vec<ActionFailure>,
    /// Settings, only on the whole page: a part does not update them.
    settings: Vec<Group>,
    /// Ignore list, only on the whole page as well.
    pub ignores: Option<IgnoreCard>,
    /// The bans that have an end of their own.
    timed: TimedBans,
    /// Input of the ban form.
    pub form: BanForm,
}

/// The form to ban with: empty, with a mistake, or asking first.
#[derive(Debug, Default)]
pub(crate) struct BanForm {
    /// The text that was entered.
    pub written: String,
    /// How long they are to be banned.
    pub(crate) term: TermForm,
    /// Reason why it was refused.
    pub(crate) mistake: Option<String>,
    /// Question to confirm before anything is banned.
    pub ask: Option<LockoutQuestion>,
}

impl BanForm {
    /// Returns true if it is as the page first shows it.
    fn is_empty(&self) -> bool {
        self.ask.is_none() && self.mistake.is_none() && self.term == TermForm::default()
    }
}

impl JailPage {
    /// Reads the jail, and cuts the part of its bans that `params` asks for.
    pub(crate) async fn load(
        page: Page,
        state: &State,
        jail: JailName,
        params: &BanParams,
    ) -> Result<Self, Error> {
        let query = params.read()?;
        page.require_daemon()?;
        let (summary, held) = state.jails.jail(&jail, page.freshness).await?;
        let gaps = held.as_ref().map_or_else(|gap| Some(gap.clone()), |held| Gap::of_entries(&jail, held));
        let as_of = held.as_ref().map_or(page.now, |held| held.as_of);
        let context = held.as_ref().ok().map(|held| state.jails.ban_context(&jail, held));
        let empty = BanTable::default();
        let table = held.as_ref().map_or(&empty, |held| &held.list.table);
        let timed = TimedBans::read(state, Some(&jail)).await?;
        let own = (query.sort == Sort::Expires).then(|| timed.own_table(&jail, table)).flatten();
        let table = own.as_ref().unwrap_or(table);
        let bans = cut(&[(&jail, table)], &query, page.held.as_ref());
        let links = BanLinks::of_jail(&jail, query);
        let places = Places::known(state, bans.bans.iter().map(|row| &row.ban.banned)).await;
        let form = BanForm::default();
        let work = job_progress::on_page(&page, state);
        let trouble = page.trouble_of(&jail);
        Ok(Self {
            page,
            part: JailPart::default(),
            jail: summary,
            bans,
            gaps: gaps.into_iter().collect(),
            places,
            as_of,
            context,
            links,
            work,
            trouble,
            idle: state.jails.idle(&jail),
            short: None,
            failed: Vec::new(),
            settings: Vec::new(),
            ignores: None,
            timed,
            form,
        })
    }

    /// The same with its settings and its ignore list, for the whole page.
    pub(crate) async fn whole(mut self, state: &State) -> Result<Self, Error> {
        let jail = &self.jail.name;
        let ignores = IgnoreCard::load(&self.page, state, jail);
        let both = Box::pin(futures_util::future::join(state.jails.detail(jail), ignores));
        let (detail, ignores) = both.await;
        self.short = state.jails.short_jails().await.remove(&self.jail.name);
        self.failed = state.jails.failed_actions().await.remove(&self.jail.name).unwrap_or_default();
        self.settings = jail_settings::groups(&self.jail, &*detail?);
        self.ignores = Some(ignores);
        Ok(self)
    }

    /// The ban table, with everything else on the page that changes with it.
    pub(crate) fn fragment(&self) -> Result<Fragment, Error> {
        self.with_figures(Fragment::new(self.as_bans().render()?))
    }

    /// The same around another part of the table.
    pub(crate) fn with_figures(&self, part: Fragment) -> Result<Fragment, Error> {
        part.and("figures", &self.as_figures().render()?)
            .and("badge", &self.as_badge().render()?)
            .and_daemon(&self.page)
    }

    /// The page's own URL in its present state.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.links.base, self.links.here())
    }

    /// Describes when it bans and what it reads, in one or two sentences.
    fn sentence(&self) -> String {
        let times = &self.jail.times;
        let length = match &times.ban_time {
            Ok(time) => format::lasting(time),
            Err(_) => "for an unknown time".to_owned(),
        };
        let growing = if times.growing == Ok(Some(true)) { ", longer each time" } else { "" };
        let after = format::after(&times.max_retry, &times.find_time);
        let source = match self.jail.status.as_ref().and_then(|status| status.source.as_ref()) {
            Ok(Source::Files(files)) if files.is_empty() => " Reads no log file.".to_owned(),
            Ok(Source::Files(files)) if files.len() == 1 => " Reads 1 log file.".to_owned(),
            Ok(Source::Files(files)) => format!(" Reads {} log files.", files.len()),
            Ok(Source::Journal(matches)) if matches.is_empty() => {
                " Reads the whole system journal.".to_owned()
            }
            Ok(Source::Journal(_)) => " Reads the system journal.".to_owned(),
            Err(_) => String::new(),
        };
        match times.ban_time {
            // It is over before it begins (`fail2ban/server/banmanager.py`, `addBanTicket`).
            Ok(Length::Seconds(0)) => format!("Bans nobody: with its bantime a ban is over at once.{source}"),
            _ => format!("Bans {length} after {after}{growing}.{source}"),
        }
    }

    fn time(&self, row: &JailBan) -> BanTime {
        let unknown = || BanContext::unknown(self.as_of);
        let ban = self.timed.own(&row.jail, &row.ban);
        BanTime::describe(&ban, &self.context.clone().unwrap_or_else(unknown), &self.page.now)
    }

    fn has_unknown_zone(&self) -> bool {
        self.context.as_ref().is_some_and(|context| !context.is_zone_known)
    }

    /// All that is searched.
    fn among(&self) -> String {
        self.where_banned()
    }

    /// Returns true if nothing restricts the lines of the journal that it reads.
    fn reads_the_whole_journal(&self) -> bool {
        let source = self.jail.status.as_ref().and_then(|status| status.source.as_ref());
        matches!(source, Ok(Source::Journal(matches)) if matches.is_empty())
    }

    fn may_ignore_everybody(&self) -> bool {
        self.ignores.as_ref().is_some_and(IgnoreCard::may_hold_everybody)
    }

    /// Returns the place of the table's bans, in words.
    fn where_banned(&self) -> String {
        format!("in {}", self.jail.name)
    }

    /// Explains why the list is empty.
    fn nobody(&self) -> String {
        let times = &self.jail.times;
        if times.ban_time == Ok(Length::Seconds(0)) {
            return "The jail bans nobody: with its bantime a ban is over at once.".to_owned();
        }
        let after = format::after(&times.max_retry, &times.find_time);
        format!("Addresses appear here after {after}.")
    }
}

#[derive(Deserialize)]
pub(crate) struct PartParam {
    part: Option<String>,
}

impl PartParam {
    fn read(&self) -> Result<JailPart, Error> {
        self.part.as_deref().map_or(Ok(JailPart::default()), |part| part.parse().map_err(|_| Error::NoPage))
    }
}

/// `GET /jails/{jail}`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    path: Path<String>,
    params: Query<BanParams>,
    part: Query<PartParam>,
) -> Result<HttpResponse, Error> {
    let (jail, part) = (parse_jail_name(&path)?, part.read()?);
    let read = async {
        let shown = JailPage::load(page.clone(), &state, jail.clone(), &params).await?;
        JailPage { part, ..shown }.whole(&state).await
    };
    match read.await {
        Ok(shown) => fragment::full_page(&shown, StatusCode::OK),
        Err(error) => jails::stopped::stopped(page, &state, jail, error).await,
    }
}

/// `GET /jails/{jail}/bans`.
pub(crate) async fn bans(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    path: Path<String>,
    params: Query<BanParams>,
) -> Result<HttpResponse, Error> {
    let shown = JailPage::load(page, &state, parse_jail_name(&path)?, &params).await?;
    Ok(shown.fragment()?.at(shown.url(), &request).into_response(StatusCode::OK))
}
