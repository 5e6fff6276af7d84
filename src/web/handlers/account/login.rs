//! `/login`, its second step, and `/logout`.

use std::net::IpAddr;
use std::time::Duration;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::accounts::{Factor, LogIn, SecondStep, Task, Tried};
use crate::domain::account::{Account, AccountName};
use crate::events::Event;
use crate::web::extract::by_proxy::{ByProxy, VouchedFor};
use crate::web::extract::client::Client;
use crate::web::extract::current_user::Browser;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect, see_other};
use crate::web::session;
use crate::web::session::PendingSecondFactor;
use crate::web::session::device::KnownDevice;
use crate::web::session::flash::Flash;
use crate::web::session::{passing, passkey};
use crate::web::state::State;
use crate::web::view::lead_on::lead_on;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

use super::ask_factor::AskFactor;
use super::note_welcome::note_welcome;
use super::proxy_login::{self, Opened, ProxyNote, Visitor, Wish};

const WRONG: &str = "Incorrect user name or password.";
const WRONG_PASSKEY: &str = "This passkey is not one of this account, or it took too long. Try again.";
const WRONG_CODE: &str = "This code is wrong, or it was used before.";

#[derive(Template)]
#[template(path = "account/login.html")]
struct LoginPage {
    page: Page,
    /// True if browsers have passkeys here. Where they have none the login needs no word about them.
    has_passkeys: bool,
    username: String,
    remember: bool,
    next: String,
    mistake: Option<String>,
    /// Proof that lets the login through, if failures from elsewhere make it wait.
    task: Option<Task>,
    proxy: ProxyNote,
}

#[derive(Template)]
#[template(path = "account/login_code.html")]
struct CodePage {
    page: Page,
    ask: AskFactor,
    /// True where a recovery code is asked for: it has letters, which the keyboard of an app's code lacks.
    is_recovery: bool,
    mistake: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Which {
    recovery: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Opening {
    next: Option<String>,
    /// To stay here although the web server in front would log in.
    local: Option<String>,
    /// The answer that led here gave a cookie.
    cookie: Option<String>,
}

/// `GET /login`. Whom the web server in front names is logged in. While there is no account, leads to where the first one
/// is made.
pub(crate) async fn form(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    (session, client, browser, said): (Session, Client, Browser, ByProxy),
    site: PasskeySite,
    query: Query<Opening>,
) -> Result<HttpResponse, Error> {
    let next = safe_redirect(query.next.as_deref());
    let (stays, has_got_cookie) = (query.local.is_some(), query.cookie.is_some());
    // Whom the web server in front does not name on the other page would be led here from there again.
    if page.account.is_some() && !(page.by_proxy && stays) {
        return Ok(see_other(&next));
    }
    let visitor = Visitor { session, client, browser, said };
    let wish = Wish { next: &next, stays, has_got_cookie };
    let proxy = match proxy_login::open(&request, &state, visitor, wish).await? {
        Opened::In(there) => return Ok(see_other(&there)),
        Opened::Cookie(there) => return Ok(lead_on(&there)?),
        Opened::Page(note) => note,
    };
    let says_nothing = proxy.who.is_none() && proxy.refusal.is_none();
    if says_nothing && state.setup.is_some() && state.accounts.is_empty().await? {
        return Ok(see_other("/setup"));
    }
    let has_passkeys = site.site().is_some();
    let (username, mistake, task) = (String::new(), None, None);
    let status = if proxy.refusal.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let empty = LoginPage { page, has_passkeys, username, remember: false, next, mistake, task, proxy };
    fragment::full_page(&empty, status)
}

/// `POST /login`.
pub(crate) async fn log_in(
    page: Page,
    state: Data<State>,
    session: Session,
    (client, browser, device): (Client, Browser, KnownDevice),
    site: PasskeySite,
    form: Form,
) -> Result<Reply, Error> {
    let (username, password) = (form.text("username")?, form.text("password")?);
    let (next, remember) = (safe_redirect(form.first("next")), form.first("remember").is_some());
    let from = client.address;
    let pass = passing::given(&session, &form)?;
    let tried = state.accounts.log_in_through(pass, device.0, username, password, from).await?;
    let Tried { outcome, whose, task } = tried;
    let failure = match outcome {
        LogIn::Done(account) => {
            let number = session::log_in(&session, &account, remember, &state)?;
            state.accounts.note_login(account.id, number, browser.0, from).await?;
            return Ok(welcome(&state, &account, from, next).await);
        }
        LogIn::SecondFactor(half_way) => {
            let at = state.sessions.clock().now();
            session::begin_second_factor(&session, PendingSecondFactor { half_way, remember, next, at })?;
            let note = "The password was right. The second factor was asked for.";
            return Ok(Reply::done("/login/code").noting(note));
        }
        LogIn::Wrong => LoginFailure::invalid(WRONG),
        LogIn::Wait(wait) => LoginFailure::wait(wait),
    };
    publish_failure(&state, from, whose.as_ref()).await;
    let noted = match whose {
        Some(name) => format!("It was for {name}."),
        None if failure.wait.is_some() => "Nobody looked whose name it was, if any.".to_owned(),
        None => "There is no account with this name.".to_owned(),
    };
    let mistake = Some(failure.words.clone());
    let (username, has_passkeys) = (username.to_owned(), site.site().is_some());
    if let Some(task) = &task {
        passing::keep(&session, task)?;
    }
    let proxy = ProxyNote::default();
    let again = LoginPage { page, has_passkeys, username, remember, next, mistake, task, proxy };
    failure.reply(&again, &noted)
}

/// `GET /login/code`.
pub(crate) async fn code_form(
    page: Page,
    state: Data<State>,
    session: Session,
    site: PasskeySite,
    which: Query<Which>,
) -> Result<HttpResponse, Error> {
    match session::pending_second_factor(&session, &state)? {
        Some(half_in) if page.account.is_none() => {
            let ask = AskFactor::at_login(&state, half_in.half_way.account(), &site).await?;
            let is_recovery = !ask.app || which.recovery.is_some();
            fragment::full_page(&CodePage { page, ask, is_recovery, mistake: None }, StatusCode::OK)
        }
        _ => Ok(see_other("/login")),
    }
}

/// `POST /login/code`.
pub(crate) async fn code(
    page: Page,
    state: Data<State>,
    session: Session,
    client: Client,
    site: PasskeySite,
    browser: Browser,
    form: Form,
) -> Result<Reply, Error> {
    let Some(half_in) = session::pending_second_factor(&session, &state)? else {
        return Ok(Reply::refused("/login", "No password had been given before."));
    };
    let from = client.address;
    let factor = passkey::given_factor(&session, &form, &site, "code")?;
    let failure = match state.accounts.second_factor(&half_in.half_way, &factor, from).await? {
        SecondStep::Done { account, recovery_codes_left } => {
            let number = session::log_in(&session, &account, half_in.remember, &state)?;
            state.accounts.note_login(account.id, number, browser.0, from).await?;
            let reply = welcome(&state, &account, from, half_in.next).await;
            let Some(left) = recovery_codes_left else { return Ok(reply) };
            session::proof::note_recovery(&session, &state)?;
            return Ok(reply.saying(Flash::good(recovery_code_used(left))));
        }
        SecondStep::StartAgain => {
            session::cancel_second_factor(&session);
            return Ok(Reply::refused("/login", "The account has changed since."));
        }
        SecondStep::Wrong => LoginFailure::invalid(match factor {
            Factor::Typed(_) => WRONG_CODE,
            Factor::Passkey(_) => WRONG_PASSKEY,
        }),
        SecondStep::Wait(wait) => LoginFailure::wait(wait),
    };
    let account = state.accounts.by_id(half_in.half_way.account()).await?;
    let name = account.map(|account| account.name);
    publish_failure(&state, from, name.as_ref()).await;
    let name = name.as_ref().map_or("an account that is gone", AccountName::as_str);
    let mistake = Some(failure.words.clone());
    let ask = AskFactor::at_login(&state, half_in.half_way.account(), &site).await?;
    let is_recovery = !ask.app || form.first("recovery").is_some();
    failure.reply(&CodePage { page, ask, is_recovery, mistake }, &format!("It was for {name}."))
}

fn recovery_code_used(left: u32) -> String {
    match left {
        0 => "That was your last recovery code. Within ten minutes you can create new ones, or turn \
              two-factor authentication off, under Your account with your password alone."
            .to_owned(),
        1 => "That was a recovery code. One is left.".to_owned(),
        left => format!("That was a recovery code. {left} are left."),
    }
}

/// Reason why a login was not checked, or was wrong.
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
            "Too many failed logins. This attempt was not checked. Try again in {}.",
            format::seconds(wait.as_secs().max(1))
        );
        Self { words, wait: Some(wait) }
    }

    /// Replies with the form again. The text `noted` is for the audit alone: nobody learns which
    /// names there are.
    fn reply(self, form: &impl Template, noted: &str) -> Result<Reply, Error> {
        Ok(Reply::invalid(form, &format!("{} {noted}", self.words))?.with_wait(self.wait))
    }
}

pub(crate) async fn publish_failure(state: &State, from: IpAddr, name: Option<&AccountName>) {
    state.events.publish(Event::LoginFailed { from, name: name.cloned() }).await;
}

pub(crate) async fn welcome(state: &State, account: &Account, from: IpAddr, next: String) -> Reply {
    note_welcome(state, account, from).await;
    Reply::done(next)
}

/// `POST /logout`. Whom the web server in front logs in sees the login page all the same, and what it says of that.
pub(crate) async fn log_out(request: HttpRequest, session: Session) -> Reply {
    session.purge();
    let is_vouched_for = request.extensions().get::<VouchedFor>().is_some();
    Reply::done(if is_vouched_for { "/login?local=yes" } else { "/login" })
}
