//! The login of whom the web server in front names. Opening the login page is enough.

use std::net::IpAddr;

use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use crate::domain::account::Account;
use crate::domain::audit::{End, Entry, Outcome};
use crate::domain::proxy_login::{ProxyIdentity, ProxyRefusal};
use crate::web::extract::by_proxy::ByProxy;
use crate::web::extract::client::Client;
use crate::web::extract::current_user::Browser;
use crate::web::problem::error::Error;
use crate::web::reply::safe_redirect;
use crate::web::session::{self, cookie};
use crate::web::state::State;
use crate::web::view::messages;

use super::note_welcome::note_welcome;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What the login page says of the web server in front.
#[derive(Debug, Default)]
pub(crate) struct ProxyNote {
    /// Whom it names, and the path that logs them in.
    pub(crate) who: Option<(String, String)>,
    /// Why it does not log in whom it names.
    pub(crate) refusal: Option<String>,
}

/// Result of opening the login page.
pub(crate) enum Opened {
    /// Logged in; the page to go to.
    In(String),
    /// The browser has to send a cookie first; the page to go to with it.
    Cookie(String),
    /// Not logged in.
    Page(ProxyNote),
}

/// How the login page was opened.
pub(crate) struct Wish<'a> {
    /// The page to go to afterwards.
    pub(crate) next: &'a str,
    /// True if the page itself is wanted, although the web server in front would log in.
    pub(crate) stays: bool,
    /// True if the browser was given a cookie just before.
    pub(crate) has_got_cookie: bool,
}

/// Whoever opens the login page.
pub(crate) struct Visitor {
    pub(crate) session: Session,
    pub(crate) client: Client,
    pub(crate) browser: Browser,
    pub(crate) said: ByProxy,
}

/// Logs in whom the web server in front names, unless they ask for the page itself or no window was opened:
/// a picture on somebody else's page makes no session. A browser without a cookie gets one first and has to send it back:
/// otherwise each page would lead here, and here to each page, without an end.
pub(crate) async fn open(
    request: &HttpRequest,
    state: &State,
    visitor: Visitor,
    wish: Wish<'_>,
) -> Result<Opened, Error> {
    let from = visitor.client.address;
    let refusal = match visitor.said {
        ByProxy::Silent => return Ok(Opened::Page(ProxyNote::default())),
        ByProxy::Known(identity) if wish.stays || !opens_window(request) => {
            let who = Some((identity.name.to_string(), path_in(wish.next)));
            return Ok(Opened::Page(ProxyNote { who, refusal: None }));
        }
        ByProxy::Known(_) if !cookie::came_with(request) => {
            if wish.has_got_cookie {
                return Err(Error::NoCookies);
            }
            return Ok(Opened::Cookie(format!("{}&cookie=given", path_in(wish.next))));
        }
        ByProxy::Known(identity) => {
            match log_in(state, &visitor.session, identity, visitor.browser, from).await? {
                Ok(()) => return Ok(Opened::In(safe_redirect(Some(wish.next)))),
                Err(refusal) => refusal,
            }
        }
        ByProxy::Refused(refusal) => refusal,
    };
    let words = messages::explain(&refusal);
    record_refusal(state, from, words.clone()).await;
    Ok(Opened::Page(ProxyNote { who: None, refusal: Some(words) }))
}

fn path_in(next: &str) -> String {
    let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
    format!("/login?next={next}")
}

/// Returns true unless the browser says that it loads something else than a page.
fn opens_window(request: &HttpRequest) -> bool {
    let mut values = request.headers().get_all(SEC_FETCH_DEST);
    values.all(|value| value.as_bytes() == b"document")
}

/// There is no session without a row in the audit.
async fn log_in(
    state: &State,
    session: &Session,
    identity: ProxyIdentity,
    browser: Browser,
    from: IpAddr,
) -> Result<Result<(), ProxyRefusal>, Error> {
    let account = match state.accounts.enter_by_proxy(identity, from).await? {
        Ok(account) => account,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let begun = state.audit.begin(entry(from)).await.map_err(Error::Unrecorded)?;
    let entered = begin_session(state, session, &account, browser, from).await;
    let words =
        format!("The web server in front named {}, in a group of role {}.", account.name, account.role);
    let outcome = if entered.is_ok() { Outcome::Done } else { Outcome::Failed };
    let end = End { outcome, status: None, words };
    state.audit.end(begun, Some(account.name.to_string()), end).await;
    entered.map(Ok)
}

async fn begin_session(
    state: &State,
    session: &Session,
    account: &Account,
    browser: Browser,
    from: IpAddr,
) -> Result<(), Error> {
    let number = session::log_in(session, account, false, state)?;
    state.accounts.note_login(account.id, number, browser.0, from).await?;
    note_welcome(state, account, from).await;
    Ok(())
}

/// Nobody waits for that, and nothing was done.
async fn record_refusal(state: &State, from: IpAddr, words: String) {
    match state.audit.begin(entry(from)).await {
        Ok(begun) => {
            let end = End { outcome: Outcome::Refused, status: Some(403), words };
            state.audit.end(begun, None, end).await;
        }
        Err(error) => {
            tracing::error!(%error, "a refused login by the web server in front is not in the audit");
        }
    }
}

fn entry(from: IpAddr) -> Entry {
    let action = "log in".to_owned();
    Entry { account: None, address: Some(from), action, jail: None, target: String::new() }
}
