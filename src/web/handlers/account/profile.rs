//! `/account`: one's own password and sessions.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::accounts::{LoggedIn, RecoveryCode, SecondFactorState};
use crate::domain::account::{Account, Role};
use crate::domain::passkey::{NoPasskeys, OwnPasskey};
use crate::domain::session::{OwnSession, SessionNumber};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, user_agent};

use super::ask_factor::AskFactor;
use super::self_service::{PasswordForm, SelfServiceErrors};

/// Sessions that are listed at once. The others can be unfolded.
const SHOWN_SESSIONS: usize = 10;

#[derive(Template)]
#[template(path = "account/profile.html")]
pub(crate) struct AccountPage {
    page: Page,
    account: Account,
    /// The second factor, if there is one.
    second_factor: Option<SecondFactorState>,
    /// Way in which changing it asks for it.
    ask: AskFactor,
    passkeys: Vec<OwnPasskey>,
    /// The host of this page, if it can have passkeys.
    here_host: Result<String, NoPasskeys>,
    sessions: Vec<OwnSession>,
    here: SessionNumber,
    /// New recovery codes, shown once.
    codes: Option<Vec<RecoveryCode>>,
    mistakes: SelfServiceErrors,
}

impl AccountPage {
    /// Loads the page in its present state.
    pub(crate) async fn load(
        page: Page,
        state: &State,
        who: LoggedIn,
        site: &PasskeySite,
        mistakes: SelfServiceErrors,
    ) -> Result<Self, Error> {
        let passkeys = state.accounts.passkeys_of(who.account.id).await?;
        let factor = state.accounts.second_factor_of(who.account.id).await?;
        let ask = AskFactor::of(&who, factor, &passkeys, site);
        let LoggedIn { account, session: here, .. } = who;
        let sessions = state.sessions.of_account(account.id).await?;
        let second_factor = factor.is_on().then_some(factor);
        let here_host = site.0.clone().map(|site| site.host);
        let codes = None;
        Ok(Self { page, account, second_factor, ask, passkeys, here_host, sessions, here, codes, mistakes })
    }

    /// Returns the errors of its forms.
    pub(crate) fn mistakes(&self) -> &SelfServiceErrors {
        &self.mistakes
    }

    /// The page with new recovery codes on it.
    pub(crate) fn with_codes(self, codes: Vec<RecoveryCode>) -> Self {
        Self { codes: Some(codes), ..self }
    }

    fn role_words(&self) -> &'static str {
        match self.account.role {
            Role::Viewer => "Viewer: can see everything and change nothing",
            Role::Operator => "Operator: can ban, unban and change ignore lists",
            Role::Administrator => "Administrator: full access",
        }
    }

    /// Returns true if the passkey does not work on this page.
    fn is_elsewhere(&self, passkey: &OwnPasskey) -> bool {
        self.here_host.as_ref() != Ok(&passkey.host)
    }

    fn first_sessions(&self) -> &[OwnSession] {
        self.sessions.get(..SHOWN_SESSIONS).unwrap_or(&self.sessions)
    }

    fn other_sessions(&self) -> &[OwnSession] {
        self.sessions.get(SHOWN_SESSIONS..).unwrap_or_default()
    }

    fn device(session: &OwnSession) -> String {
        user_agent::describe_user_agent(session.device.agent.as_deref())
    }
}

/// `GET /account`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    let shown = AccountPage::load(page, &state, who, &site, SelfServiceErrors::default()).await?;
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /account/sessions/end`.
pub(crate) async fn end_session(
    state: Data<State>,
    CurrentUser(who): CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let ended = state.sessions.end(who.account.id, SessionNumber(form.value("number")?)).await?;
    let message = if ended {
        Flash::good("That session has ended.")
    } else {
        Flash::bad("That session has already ended.")
    };
    Ok(Reply::with_message("/account", message))
}

/// `POST /account/sessions/end-others`.
pub(crate) async fn end_others(state: Data<State>, CurrentUser(who): CurrentUser) -> Result<Reply, Error> {
    let words = match state.sessions.end_others(who.account.id, who.session).await? {
        0 => "You had no other session.".to_owned(),
        1 => "Your other session has ended.".to_owned(),
        many => format!("Your {} other sessions have ended.", format::number(many)),
    };
    Ok(Reply::with_message("/account", Flash::good(words)))
}
