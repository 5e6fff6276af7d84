//! `/account`: one's own password and sessions.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, ReqData};
use askama::Template;
use serde::Deserialize;

use crate::accounts::RecoveryCode;
use crate::domain::account::{Account, Password, Role};
use crate::domain::session::{OwnSession, SessionNumber};
use crate::web::handlers::account;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages, user_agent};

use super::self_service::{PasswordForm, SelfServiceErrors};

#[derive(Template)]
#[template(path = "account/profile.html")]
pub(crate) struct AccountPage {
    page: Page,
    account: Account,
    /// How many recovery codes are left; `None` without a second factor.
    second_factor: Option<u32>,
    sessions: Vec<OwnSession>,
    here: SessionNumber,
    /// New recovery codes, shown once.
    codes: Option<Vec<RecoveryCode>>,
    mistakes: SelfServiceErrors,
}

impl AccountPage {
    /// The page as it is now.
    pub(crate) async fn load(
        page: Page,
        state: &State,
        here: SessionNumber,
        mistakes: SelfServiceErrors,
    ) -> Result<Self, Error> {
        let account = page.account.clone().ok_or(Error::NotLoggedIn)?;
        let factor = state.accounts.second_factor_of(account.id).await?;
        let sessions = state.sessions.of_account(account.id).await?;
        let second_factor = factor.on.then_some(factor.recovery_codes_left);
        Ok(Self { page, account, second_factor, sessions, here, codes: None, mistakes })
    }

    /// What is wrong with its forms.
    pub(crate) fn mistakes(&self) -> &SelfServiceErrors {
        &self.mistakes
    }

    /// The page with new recovery codes on it.
    pub(crate) fn with_codes(self, codes: Vec<RecoveryCode>) -> Self {
        Self { codes: Some(codes), ..self }
    }

    fn role_words(&self) -> &'static str {
        match self.account.role {
            Role::Viewer => "a viewer: you see everything of fail2ban, and change nothing",
            Role::Operator => "an operator: you ban, unban and change ignore lists",
            Role::Administrator => "an administrator: you may do everything",
        }
    }

    fn device(session: &OwnSession) -> String {
        user_agent::describe_user_agent(session.device.agent.as_deref())
    }
}

/// The two passwords of the form.
#[derive(Deserialize)]
pub(crate) struct Passwords {
    current_password: String,
    password: String,
}

/// The number of a session.
#[derive(Deserialize)]
pub(crate) struct Numbered {
    number: SessionNumber,
}

/// `GET /account`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    here: ReqData<SessionNumber>,
) -> Result<HttpResponse, Error> {
    fragment::full_page(
        &AccountPage::load(page, &state, *here, SelfServiceErrors::default()).await?,
        StatusCode::OK,
    )
}

/// `POST /account/password`.
pub(crate) async fn change_password(
    page: Page,
    state: Data<State>,
    session: Session,
    here: ReqData<SessionNumber>,
    form: Form<Passwords>,
) -> Result<HttpResponse, Error> {
    let who = account::self_service::current_login(&page, &here)?;
    let mistakes = match form.password.parse::<Password>() {
        Err(error) => SelfServiceErrors::new_password(messages::explain(&error)),
        Ok(new) => match state.accounts.change_password(&who, &form.current_password, new).await {
            Ok(()) => {
                return account::self_service::rights_changed(
                    &session,
                    "Your password is changed. Your other sessions have ended.",
                );
            }
            Err(error) => SelfServiceErrors::of_error(error, PasswordForm::Password)?,
        },
    };
    let again = AccountPage::load(page, &state, *here, mistakes).await?;
    again.mistakes.to_page(&again)
}

/// `POST /account/sessions/end`.
pub(crate) async fn end_session(
    page: Page,
    state: Data<State>,
    session: Session,
    form: Form<Numbered>,
) -> Result<HttpResponse, Error> {
    let account = page.account.ok_or(Error::NotLoggedIn)?;
    let ended = state.sessions.end(account.id, form.number).await?;
    let flash = if ended {
        Flash::good("That session has ended.")
    } else {
        Flash::bad("There is no such session any more.")
    };
    session::leave_flash(&session, &flash)?;
    Ok(see_other("/account"))
}

/// `POST /account/sessions/end-others`.
pub(crate) async fn end_others(
    page: Page,
    state: Data<State>,
    session: Session,
    here: ReqData<SessionNumber>,
) -> Result<HttpResponse, Error> {
    let account = page.account.ok_or(Error::NotLoggedIn)?;
    let ended = state.sessions.end_others(account.id, *here).await?;
    let words = match ended {
        0 => "You had no other session.".to_owned(),
        1 => "Your other session has ended.".to_owned(),
        many => format!("Your {} other sessions have ended.", format::number(many)),
    };
    session::leave_flash(&session, &Flash::good(words))?;
    Ok(see_other("/account"))
}
