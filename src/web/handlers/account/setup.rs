//! `/setup`: the first account, with the one-time code that the start-up printed.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use serde::Deserialize;

use crate::accounts::{AccountsError, Setup, SetupError};
use crate::domain::account::{AccountName, Password};
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment, messages};
use crate::web::{reply, session};

#[derive(Template)]
#[template(path = "account/setup.html")]
struct SetupPage {
    page: Page,
    code: String,
    username: String,
    mistakes: SetupErrors,
}

/// What is wrong with each field.
#[derive(Debug, Default)]
struct SetupErrors {
    code: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct FirstAccount {
    code: String,
    username: String,
    password: String,
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
    form: Form<FirstAccount>,
) -> Result<HttpResponse, Error> {
    let Some(setup) = open(&state).await? else { return Ok(too_late()) };
    let form = form.into_inner();
    let mistakes = match (form.username.trim().parse::<AccountName>(), form.password.parse::<Password>()) {
        (Ok(name), Ok(password)) => match setup.create_first_account(&form.code, name, password).await {
            Ok(id) => {
                let account = state.accounts.by_id(id).await?.ok_or(Error::NotLoggedIn)?;
                session::log_in(&session, &account, false, &state)?;
                tracing::info!(account = %account.name, "first account made");
                return Ok(see_other("/"));
            }
            Err(SetupError::AlreadyDone) => return Ok(too_late()),
            Err(SetupError::WrongCode) => SetupErrors {
                code: Some("This is not the code that BanGUI printed when it started.".to_owned()),
                ..SetupErrors::default()
            },
            Err(SetupError::Accounts(error)) => return Err(error.into()),
        },
        (name, password) => SetupErrors {
            code: None,
            username: name.err().as_ref().map(messages::explain),
            password: password.err().as_ref().map(messages::explain),
        },
    };
    let again = SetupPage { page, code: form.code, username: form.username, mistakes };
    fragment::full_page(&again, StatusCode::UNPROCESSABLE_ENTITY)
}

fn too_late() -> HttpResponse {
    reply::note_refused(see_other("/login"), "There is an account already.")
}

/// The chance to make the first account, while there is none.
async fn open(state: &State) -> Result<Option<Setup>, AccountsError> {
    if state.accounts.is_empty().await? { Ok(state.setup.clone()) } else { Ok(None) }
}
