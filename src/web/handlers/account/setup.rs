//! `/setup`: the first account, with the one-time code that the start-up printed.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::accounts::{AccountsError, Setup, SetupError};
use crate::domain::account::AccountName;
use crate::events::Event;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, see_other};
use crate::web::session;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment, messages};

#[derive(Template)]
#[template(path = "account/setup.html")]
struct SetupPage {
    page: Page,
    code: String,
    username: String,
    mistakes: SetupErrors,
}

/// Error of each field.
#[derive(Debug, Default)]
struct SetupErrors {
    code: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl SetupErrors {
    /// All of them, as one text.
    fn all(&self) -> String {
        let all = [&self.code, &self.username, &self.password];
        all.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /setup`. Once there is an account, leads to the login.
pub(crate) async fn form(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    if open(&state).await?.is_none() {
        return Ok(see_other("/login"));
    }
    let empty =
        SetupPage { page, code: String::new(), username: String::new(), mistakes: SetupErrors::default() };
    fragment::full_page(&empty, StatusCode::OK)
}

/// `POST /setup`.
pub(crate) async fn create(
    page: Page,
    state: Data<State>,
    session: Session,
    form: Form,
) -> Result<Reply, Error> {
    let too_late = || Reply::refused("/login", "There is already an account.");
    let Some(setup) = open(&state).await? else { return Ok(too_late()) };
    let (code, username, password) = (form.text("code")?, form.text("username")?, form.text("password")?);
    let mistakes =
        match (username.trim().parse::<AccountName>(), state.accounts.new_password(username, password)) {
            (Ok(name), Ok(password)) => match setup.create_first_account(code, name, password).await {
                Ok(account) => {
                    session::log_in(&session, &account, false, &state)?;
                    state.events.publish(Event::FirstAccountMade(account.name)).await;
                    return Ok(Reply::done("/"));
                }
                Err(SetupError::AlreadyDone) => return Ok(too_late()),
                Err(SetupError::WrongCode) => {
                    SetupErrors { code: Some(wrong_code()), ..SetupErrors::default() }
                }
                Err(SetupError::Accounts(error)) => return Err(error.into()),
            },
            (name, password) => SetupErrors {
                code: (!setup.is_code(code)).then(wrong_code),
                username: name.err().as_ref().map(messages::explain),
                password: password.err().as_ref().map(messages::explain),
            },
        };
    let why = mistakes.all();
    let again = SetupPage { page, code: code.to_owned(), username: username.to_owned(), mistakes };
    Reply::invalid(&again, &why)
}

fn wrong_code() -> String {
    "This is not the code that BanGUI printed when it started.".to_owned()
}

/// The chance to make the first account, while there is none.
async fn open(state: &State) -> Result<Option<Setup>, AccountsError> {
    if state.accounts.is_empty().await? { Ok(state.setup.clone()) } else { Ok(None) }
}
