//! The session: who is logged in, and what else it holds.

pub(crate) mod cookie;
pub(crate) mod csrf_token;
pub(crate) mod device;
pub(crate) mod dismissed;
pub(crate) mod flash;
pub(crate) mod in_cookie;
pub(crate) mod kept_forms;
pub(crate) mod offered_secret;
pub(crate) mod passing;
pub(crate) mod passkey;
pub(crate) mod persistence;
pub(crate) mod proof;
pub(crate) mod store;

use actix_session::{Session, SessionExt};
use actix_web::{HttpMessage as _, HttpRequest};
use serde::{Deserialize, Serialize};

use crate::accounts::HalfWay;
use crate::domain::account::{Account, AccountId};
use crate::domain::clock::still_counts;
use crate::domain::session::SessionNumber;

use super::problem::error::Error;
use super::session::flash::Flash;
use super::session::store::{ACCOUNT_ID as ACCOUNT, BEGAN, NUMBER, REMEMBERED};
use super::state::State;

const FLASH: &str = "flash";
const HALF_IN: &str = "half_in";

/// The session of a request.
pub(crate) fn session_of(request: &HttpRequest) -> Session {
    request.get_session()
}

/// Logs `account` in, for long where the device is to be remembered: a fresh key and a fresh CSRF
/// token, so that nothing from before is of use.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn log_in(
    session: &Session,
    account: &Account,
    remembered: bool,
    state: &State,
) -> Result<SessionNumber, Error> {
    session.clear();
    session.insert(BEGAN, state.sessions.clock().now())?;
    session.insert(REMEMBERED, remembered)?;
    session.insert(ACCOUNT, account.id)?;
    proof::note(session, state)?;
    let number = SessionNumber::random();
    renew(session, number)?;
    Ok(number)
}

/// Seconds for which the second factor is waited for.
const HALF_WAY_LASTS: i64 = 15 * 60;

/// The longest path in bytes that is kept over the second step: it has to fit into a cookie.
const LONGEST_NEXT: usize = 500;

/// A login of which the second factor is still asked for. It is kept in the visitor's cookie alone, so nobody
/// else's logins can push it out. Whoever has that cookie still needs a code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PendingSecondFactor {
    /// The account whose password was right.
    pub(crate) half_way: HalfWay,
    /// True if the device is to be remembered.
    pub remember: bool,
    /// Path to go to after the login.
    pub next: String,
    /// Time at which the password was given, in seconds since 1970.
    pub(crate) at: i64,
}

/// Keeps that the password was right. Nobody is logged in by that.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn begin_second_factor(session: &Session, half_in: PendingSecondFactor) -> Result<(), Error> {
    let next = if half_in.next.len() > LONGEST_NEXT { "/".to_owned() } else { half_in.next };
    let half_in = PendingSecondFactor { next, ..half_in };
    session.clear();
    session.renew();
    session.insert(HALF_IN, half_in)?;
    csrf_token::renew_token(session).map(drop)
}

/// The login of which the second factor is still asked for.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn pending_second_factor(
    session: &Session,
    state: &State,
) -> Result<Option<PendingSecondFactor>, Error> {
    let now = state.sessions.clock().now();
    let found: Option<PendingSecondFactor> = session.get(HALF_IN)?;
    Ok(found.filter(|half_in| still_counts(half_in.at, now, HALF_WAY_LASTS)))
}

/// Lets the login begin again with the password.
pub(crate) fn cancel_second_factor(session: &Session) {
    session.remove(HALF_IN);
}

/// Gives the session a fresh key, its `number` and a fresh CSRF token. For one's own change of rights.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn renew(session: &Session, number: SessionNumber) -> Result<(), Error> {
    renew_key(session, number)?;
    csrf_token::renew_token(session).map(drop)
}

/// Gives the session a fresh key and its `number`. For a proof that was asked for again: the forms of other open pages stay
/// good.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn renew_key(session: &Session, number: SessionNumber) -> Result<(), Error> {
    session.renew();
    Ok(session.insert(NUMBER, number)?)
}

/// Leaves a message for the next page.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn leave_flash(session: &Session, flash: &Flash) -> Result<(), Error> {
    Ok(session.insert(FLASH, flash)?)
}

/// Takes the message that was left for the page of `request`.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn take_flash(request: &HttpRequest) -> Result<Option<Flash>, Error> {
    // The page that could not be made has taken it, and the page that says so shows it.
    if let Some(taken) = request.extensions().get::<Flash>() {
        return Ok(Some(taken.clone()));
    }
    let session = session_of(request);
    let flash: Option<Flash> = session.get(FLASH)?;
    let flash = flash.filter(|flash| flash.page.as_deref().is_none_or(|page| page == request.uri().path()));
    if let Some(flash) = &flash {
        session.remove(FLASH);
        request.extensions_mut().insert(flash.clone());
    }
    Ok(flash)
}

/// The account of `session`, whether that still lives or not.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn account_of(session: &Session) -> Result<Option<AccountId>, Error> {
    Ok(session.get::<AccountId>(ACCOUNT)?)
}

/// The account that `session` was just logged in to. Does not look whether the session still lives.
///
/// # Errors
/// When the session cannot be read or our database fails.
pub(crate) async fn logged_in_account(session: &Session, state: &State) -> Result<Option<Account>, Error> {
    let Some(id) = session.get::<AccountId>(ACCOUNT)? else { return Ok(None) };
    Ok(state.accounts.by_id(id).await?)
}
