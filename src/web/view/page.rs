//! Parts that every page has: the logged-in user, the token for its forms, the state of the daemon,
//! a message.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use itertools::Itertools as _;
use jiff::Timestamp;

use crate::domain::account::{Account, Role};
use crate::domain::address::Banned;
use crate::domain::ban::Holder;
use crate::domain::ban::held::HeldRows;
use crate::domain::jail::JailName;
use crate::domain::notice::Notice;
use crate::domain::session::SessionNumber;
use crate::jail_service::{Health, JobRunning, MaxAge, Trouble};
use crate::web::extract::by_proxy::VouchedFor;
use crate::web::extract::client::Client;
use crate::web::extract::current_user::HasNotices;
use crate::web::extract::{held_rows, htmx};
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::session;
use crate::web::session::dismissed::{Shown, dismissed};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::messages;
use crate::web::view::preferences::Preferences;
use crate::web::view::theme::Theme;
use crate::{fail2ban, jail_service};

/// Longest wait for a daemon that is being restarted from here.
const WHILE_RESTARTING: Duration = Duration::from_secs(1);
/// Longest wait of a whole page: a hanging daemon must not keep its frame from coming.
const OF_A_PAGE: Duration = Duration::from_millis(1500);
/// Longest wait of a page that asks by itself every 5 s, so that its head is green for 10 s after an answer at most.
const OF_A_POLL: Duration = Duration::from_secs(4);
/// Longest wait of an action, which is not done where the daemon does not answer so long.
const OF_AN_ACTION: Duration = Duration::from_secs(10);

/// The daemon as the head of a page shows it.
#[derive(Debug, Clone)]
pub(crate) enum DaemonState {
    /// It answers.
    Answers(Health),
    /// It does not.
    Unavailable(fail2ban::Error),
    /// It does not, as it is being restarted from here.
    Restarting {
        /// The restart.
        restart: Box<JobRunning>,
        /// Error that came instead of an answer.
        error: fail2ban::Error,
    },
}

impl DaemonState {
    /// It did not answer, with this `error`.
    pub(crate) fn without_answer(state: &State, error: fail2ban::Error) -> Self {
        match state.jails.restart_under_way() {
            Some(restart) => Self::Restarting { restart: Box::new(restart), error },
            None => Self::Unavailable(error),
        }
    }

    /// A few words for the head of a page.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Answers(health) => messages::health::summary(health),
            Self::Unavailable(error) => description::describe_daemon_error(error).title,
            Self::Restarting { .. } => "fail2ban is being restarted".to_owned(),
        }
    }

    /// The class of its sign: none where it protects, and green.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Answers(health) if health.is_well() => "",
            Self::Answers(_) => " troubled",
            Self::Unavailable(_) => " down",
            Self::Restarting { .. } => " troubled busy",
        }
    }
}

/// Parts that every page has.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The logged-in user.
    pub account: Option<Account>,
    /// True if the web server in front logs them in.
    pub(crate) by_proxy: bool,
    /// The CSRF token for the forms.
    pub(crate) csrf: String,
    /// The colours that were chosen.
    pub(crate) theme: Theme,
    /// What the browser prefers else.
    pub(crate) preferences: Preferences,
    /// The path and query of this page.
    pub path: String,
    /// The path and query of the page that is open: this one, or the one that asks for a part.
    pub(crate) place: String,
    /// The ends of the results that were closed: of work, and of an unban of many.
    pub(crate) dismissed: (Option<Timestamp>, Option<Timestamp>),
    /// A message from the action before.
    pub(crate) flash: Option<Flash>,
    /// Notices to the account, the newest first.
    pub(crate) notices: Vec<Notice>,
    /// The daemon; `None` where nobody is logged in, so that nothing of it is revealed.
    pub daemon: Option<DaemonState>,
    /// Jails that a reload lost and that are not back.
    pub(crate) lost_jails: Vec<JailName>,
    /// Bans that hold that address, as far as is known without asking.
    pub(crate) own_bans: Vec<Holder>,
    /// True if it answers a request to do something.
    pub(crate) is_action: bool,
    /// The address that the request comes from.
    pub client: Option<IpAddr>,
    /// True if what is typed here can be read on the way to us.
    pub(crate) is_exposed: bool,
    /// The moment that relative times count from.
    pub now: Timestamp,
    /// Limit on the age of the data that it shows.
    pub(crate) freshness: MaxAge,
    /// Rows of a ban table that the open page shows, where it asks to keep them.
    pub(crate) held: Option<HeldRows>,
}

impl Page {
    /// Returns true if the logged-in user may ban and unban.
    pub(crate) fn operates(&self) -> bool {
        self.is_at_least(Role::Operator)
    }

    /// Returns true if the address of the logged-in user is banned by itself, not only by a network around it.
    pub(crate) fn is_banned_itself(&self) -> bool {
        let own = self.client.map(|client| Banned::Target(client.to_canonical().into()));
        self.own_bans.iter().any(|held| Some(&held.banned) == own.as_ref())
    }

    /// The jails that ban the logged-in user, each once.
    pub(crate) fn jails_of_own_bans(&self) -> String {
        self.own_bans.iter().map(|held| held.jail.as_str()).dedup().join(", ")
    }

    /// Returns true if the logged-in user may do everything.
    pub(crate) fn administers(&self) -> bool {
        self.is_at_least(Role::Administrator)
    }

    fn is_at_least(&self, role: Role) -> bool {
        self.account.as_ref().is_some_and(|account| account.role >= role)
    }

    /// Returns true if the open page keeps the rows that it shows.
    pub(crate) fn holds_rows(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.rows.is_empty())
    }

    /// Returns the trouble of `jail`, where it has one and fail2ban answers.
    pub(crate) fn trouble_of(&self, jail: &JailName) -> Option<Trouble> {
        let Some(DaemonState::Answers(health)) = &self.daemon else { return None };
        health.troubles.iter().find(|(name, _)| name == jail.as_str()).map(|(_, trouble)| *trouble)
    }

    /// Words of a notice.
    #[expect(clippy::unused_self, reason = "templates have a page and no path to the words")]
    pub(crate) fn describe_notice(&self, notice: &Notice) -> String {
        messages::explain(notice)
    }

    /// Looks at the daemon again, after an action.
    pub(crate) async fn look_again(&mut self, state: &State) {
        if self.daemon.is_some() {
            self.daemon = Some(daemon_state(state, MaxAge::now(), OF_AN_ACTION).await);
        }
    }

    /// Fails at once where the daemon has just been asked and did not answer, instead of asking a
    /// hanging daemon again. An action is then not begun.
    ///
    /// # Errors
    /// What the daemon's version met.
    pub(crate) fn require_daemon(&self) -> Result<(), Error> {
        match &self.daemon {
            Some(DaemonState::Unavailable(error) | DaemonState::Restarting { error, .. }) => {
                Err(if self.is_action {
                    Error::NotBegun(error.clone())
                } else {
                    jail_service::Error::Daemon(error.clone()).into()
                })
            }
            Some(DaemonState::Answers(_)) | None => Ok(()),
        }
    }

    /// The page of `request`. `known` is the daemon's state where it was just found out.
    ///
    /// # Errors
    /// When the session cannot be read or written.
    pub(crate) async fn for_request(request: HttpRequest, known: Option<DaemonState>) -> Result<Self, Error> {
        let state = request.app_data::<Data<State>>().ok_or(Internal::Missing("the state"))?;
        let account = request.extensions().get::<Account>().cloned();
        let by_proxy = request.extensions().get::<VouchedFor>().is_some();
        let freshness = if htmx::is_poll(request.headers()) { MaxAge::poll() } else { MaxAge::now() };
        let daemon = match (&account, known) {
            (Some(_), None) => Some(daemon_state(state, freshness, max_wait(&request)).await),
            (Some(_), known) => known,
            (None, _) => None,
        };
        let lost_jails = match &daemon {
            Some(DaemonState::Answers(_)) => state.jails.lost_jails(freshness).await,
            Some(_) => state.jails.jails_lost_before(),
            None => Vec::new(),
        };
        let session = session::session_of(&request);
        let notices = if htmx::is_htmx(&request) { Vec::new() } else { notices(&request, state).await? };
        let client = Client::of_request(&request).ok();
        // The answer to a form has a message of its own, and a part has no place for one.
        let shows_flash = request.method() == Method::GET && !htmx::is_htmx(&request);
        let own_bans = match client.filter(|_| account.is_some() && shows_flash) {
            Some(client) => state.jails.own_bans(client.address),
            None => Vec::new(),
        };
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self {
            account,
            by_proxy,
            csrf: crate::web::session::csrf_token::masked_token(&session)?,
            theme: Theme::of_request(&request),
            preferences: Preferences::of_request(&request),
            place: htmx::current_path(&request).unwrap_or_else(|| path.clone()),
            path,
            dismissed: (dismissed(&session, Shown::Work)?, dismissed(&session, Shown::Bulk)?),
            flash: if shows_flash { session::take_flash(&request)? } else { None },
            notices,
            daemon,
            lost_jails,
            is_action: request.method() != Method::GET,
            client: client.map(|client| client.address),
            own_bans,
            is_exposed: client.is_some_and(Client::is_exposed),
            now: Timestamp::now(),
            freshness,
            held: held_rows::read(request.headers())?,
        })
    }
}

impl FromRequest for Page {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::for_request(request.clone(), None))
    }
}

/// Notices for the session.
async fn notices(request: &HttpRequest, state: &State) -> Result<Vec<Notice>, Error> {
    let (account, session) = {
        let extensions = request.extensions();
        let told = extensions.get::<HasNotices>().and_then(|_| {
            extensions
                .get::<Account>()
                .map(|account| account.id)
                .zip(extensions.get::<SessionNumber>().copied())
        });
        let Some(told) = told else { return Ok(Vec::new()) };
        told
    };
    Ok(state.accounts.notices(account, session).await?)
}

/// The longest wait of `request` for the daemon.
fn max_wait(request: &HttpRequest) -> Duration {
    match (request.method() == Method::GET, htmx::comes_from_htmx(request)) {
        (true, false) => OF_A_PAGE,
        (true, true) if htmx::is_poll(request.headers()) => OF_A_POLL,
        (_, _) => OF_AN_ACTION,
    }
}

/// Asks the daemon, but does not hold the page up for one that hangs or is being restarted from here.
async fn daemon_state(state: &State, freshness: MaxAge, max_wait: Duration) -> DaemonState {
    let max_wait = state.jails.restart_under_way().map_or(max_wait, |_| WHILE_RESTARTING);
    match state.jails.health_within(freshness, max_wait).await {
        Ok(health) => DaemonState::Answers(health),
        Err(error) => DaemonState::without_answer(state, error),
    }
}
