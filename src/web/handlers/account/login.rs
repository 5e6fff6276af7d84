//! `/login`, its second step, and `/logout`.

use std::net::IpAddr;
use std::time::Duration;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

use crate::accounts::{LogIn, SecondStep};
use crate::domain::account::Account;
use crate::web::problem::error::Error;
use crate::web::reply::{safe_redirect, see_other};
use crate::web::session::PendingSecondFactor;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};
use crate::web::{reply, session};

const WRONG: &str = "Incorrect user name or password.";
const WRONG_CODE: &str = "This code is wrong, or it was used before.";

#[derive(Template)]
#[template(path = "account/login.html")]
struct LoginPage {
    page: Page,
    username: String,
    remember: bool,
    next: String,
    mistake: Option<String>,
}

#[derive(Template)]
#[template(path = "account/login_code.html")]
struct CodePage {
    page: Page,
    mistake: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Login {
    username: String,
    password: String,
    /// Present where the box is ticked.
    remember: Option<String>,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

/// `GET /login`. While there is no account, leads to where the first one is made.
pub(crate) async fn form(page: Page, state: Data<State>, query: Query<Next>) -> Result<HttpResponse, Error> {
    if page.account.is_some() {
        return Ok(see_other("/"));
    }
    if state.setup.is_some() && state.accounts.is_empty().await? {
        return Ok(see_other("/setup"));
    }
    let next = safe_redirect(query.next.as_deref());
    let empty = LoginPage { page, username: String::new(), remember: false, next, mistake: None };
    fragment::full_page(&empty, StatusCode::OK)
}

/// `POST /login`.
pub(crate) async fn log_in(
    page: Page,
    state: Data<State>,
    session: Session,
    form: Form<Login>,
) -> Result<HttpResponse, Error> {
    let form = form.into_inner();
    let (next, remember) = (safe_redirect(form.next.as_deref()), form.remember.is_some());
    let from = page.from()?;
    let answer = state.accounts.log_in(&form.username, &form.password, from).await?;
    let told = match answer {
        LogIn::Done(account) => {
            session::log_in(&session, &account, remember, &state)?;
            return Ok(welcome(&account, from, &next));
        }
        LogIn::SecondFactor(half_way) => {
            session::begin_second_factor(&session, PendingSecondFactor { half_way, remember, next })?;
            return Ok(reply::with_note(
                see_other("/login/code"),
                "The password was right. The second factor was asked for.",
            ));
        }
        LogIn::Wrong => LoginFailure::invalid(WRONG),
        LogIn::Wait(wait) => LoginFailure::wait(wait),
    };
    log_failure(from, &form.username);
    let whose = whose(&state, &form.username).await?;
    let mistake = Some(told.words.clone());
    let again = LoginPage { page, username: form.username, remember, next, mistake };
    told.into_page(&again, &whose)
}

/// `GET /login/code`.
pub(crate) async fn code_form(page: Page, session: Session) -> Result<HttpResponse, Error> {
    match session::pending_second_factor(&session)? {
        Some(_) if page.account.is_none() => {
            fragment::full_page(&CodePage { page, mistake: None }, StatusCode::OK)
        }
        _ => Ok(see_other("/login")),
    }
}

/// `POST /login/code`.
pub(crate) async fn code(
    page: Page,
    state: Data<State>,
    session: Session,
    form: Form<Code>,
) -> Result<HttpResponse, Error> {
    let Some(half_in) = session::pending_second_factor(&session)? else {
        return Ok(reply::note_refused(see_other("/login"), "No password had been given before."));
    };
    let from = page.from()?;
    let told = match state.accounts.second_factor(&half_in.half_way, &form.code, from).await? {
        SecondStep::Done { account, recovery_codes_left } => {
            session::log_in(&session, &account, half_in.remember, &state)?;
            if let Some(left) = recovery_codes_left {
                session::leave_flash(&session, &Flash::good(recovery_code_used(left)))?;
            }
            return Ok(welcome(&account, from, &half_in.next));
        }
        SecondStep::StartAgain => {
            session::cancel_second_factor(&session);
            return Ok(reply::note_refused(see_other("/login"), "The account was changed meanwhile."));
        }
        SecondStep::Wrong => LoginFailure::invalid(WRONG_CODE),
        SecondStep::Wait(wait) => LoginFailure::wait(wait),
    };
    let account = state.accounts.by_id(half_in.half_way.account()).await?;
    let name = account.map_or_else(String::new, |account| account.name.to_string());
    log_failure(from, &name);
    let mistake = Some(told.words.clone());
    told.into_page(&CodePage { page, mistake }, &format!("It was for {name}."))
}

fn recovery_code_used(left: u32) -> String {
    match left {
        0 => "That was your last recovery code: make new ones under Your account.".to_owned(),
        1 => "That was a recovery code. One is left.".to_owned(),
        left => format!("That was a recovery code. {left} are left."),
    }
}

/// Why a login was not looked at or not right.
struct LoginFailure {
    words: String,
    wait: Option<Duration>,
}

impl LoginFailure {
    fn invalid(words: &str) -> Self {
        Self { words: words.to_owned(), wait: None }
    }

    fn wait(wait: Duration) -> Self {
        let words = format!(
            "Too many logins have failed, so this one was not looked at. Try again in {}.",
            format::seconds(wait.as_secs().max(1))
        );
        Self { words, wait: Some(wait) }
    }

    /// The form again. What is `noted` is for the audit alone: nobody learns which names there are.
    fn into_page(self, form: &impl Template, noted: &str) -> Result<HttpResponse, Error> {
        let status = if self.wait.is_some() {
            StatusCode::TOO_MANY_REQUESTS
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let mut response = fragment::full_page(form, status)?;
        if let Some(wait) = self.wait {
            response.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        Ok(reply::note_refused(response, &format!("{} {noted}", self.words)))
    }
}

/// For the audit, whom the login was for. What is no account's name may be a password in the wrong field.
async fn whose(state: &State, name: &str) -> Result<String, Error> {
    let found = match name.parse() {
        Ok(name) => state.accounts.by_name(&name).await?,
        Err(_) => None,
    };
    Ok(match found {
        Some(found) => format!("It was for {}.", found.account.name),
        None => "No account has the name that was typed.".to_owned(),
    })
}

/// The line that BanGUI's own fail2ban filter looks for (`packaging/fail2ban/filter.d/bangui.conf`). The
/// address stands before what somebody typed, and that is escaped into one line.
fn log_failure(from: IpAddr, name: &str) {
    let name: String = name.chars().take(64).collect();
    tracing::warn!(target: "bangui::login", "failed login from {from} for {name:?}");
}

fn welcome(account: &Account, from: IpAddr, next: &str) -> HttpResponse {
    tracing::info!(target: "bangui::login", "login from {from} for {:?}", account.name.as_str());
    see_other(next)
}

/// `POST /logout`.
pub(crate) async fn log_out(session: Session) -> HttpResponse {
    session.purge();
    see_other("/login")
}
