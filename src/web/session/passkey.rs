//! State of passkeys between a page and its answer: the question that was put to the browser, and that a passkey
//! may be added.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::accounts::{Challenge, Factor, PasskeyAnswer};
use crate::domain::passkey::PasskeyName;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::state::State;

/// The entry with the question for a passkey that is to be used.
const ASKED: &str = "passkey_asked";
/// The entry with the passkey that is to be added.
const ADDING: &str = "passkey_adding";

/// The field with the browser's answer, which the script fills in.
const FIELD: &str = "passkey";

/// Seconds for which a passkey may be added after the proof.
const HOLDS: i64 = 10 * 60;

/// A passkey that may be added: the proof was given.
#[derive(Serialize, Deserialize)]
pub(crate) struct Adding {
    /// Name that its owner gave it.
    pub(crate) name: PasskeyName,
    at: i64,
    challenge: Option<Challenge>,
}

/// Keeps the question that is put to the browser, in place of any before.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn keep_question(session: &Session, challenge: &Challenge) -> Result<(), Error> {
    Ok(session.insert(ASKED, challenge)?)
}

/// The answer that came with `form`, if the browser gave one, to the question that was kept. Nothing is kept
/// after that.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn answer(
    session: &Session,
    form: &Form,
    site: &PasskeySite,
) -> Result<Option<PasskeyAnswer>, Error> {
    let Some(answer) = form.first(FIELD).filter(|answer| !answer.is_empty()) else { return Ok(None) };
    let challenge = session.get(ASKED)?;
    session.remove(ASKED);
    Ok(Some(PasskeyAnswer { challenge, site: site.site().cloned(), answer: answer.to_owned() }))
}

/// The second factor that came with `form`: an answer of a passkey, or what was typed into `field`.
///
/// # Errors
/// As [`answer`].
pub(crate) fn given_factor(
    session: &Session,
    form: &Form,
    site: &PasskeySite,
    field: &str,
) -> Result<Factor, Error> {
    let typed = || Factor::Typed(form.first(field).unwrap_or_default().to_owned());
    Ok(answer(session, form, site)?.map_or_else(typed, |answer| Factor::Passkey(Box::new(answer))))
}

/// Notes that a passkey called `name` may be added.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn begin_adding(session: &Session, state: &State, name: PasskeyName) -> Result<(), Error> {
    let at = state.sessions.clock().now();
    Ok(session.insert(ADDING, Adding { name, at, challenge: None })?)
}

/// The passkey that may be added, if there is one.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn adding(session: &Session, state: &State) -> Result<Option<Adding>, Error> {
    let now = state.sessions.clock().now();
    Ok(session.get::<Adding>(ADDING)?.filter(|adding| (0..HOLDS).contains(&(now - adding.at))))
}

/// Keeps the question that is put to the browser for the passkey that may be added.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn keep_new_question(
    session: &Session,
    adding: Adding,
    challenge: Challenge,
) -> Result<(), Error> {
    Ok(session.insert(ADDING, Adding { challenge: Some(challenge), ..adding })?)
}

/// The answer that came with `form`, with the name of the passkey that it adds. Nothing may be added after that.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn take_new(
    session: &Session,
    state: &State,
    form: &Form,
    site: &PasskeySite,
) -> Result<Option<(PasskeyName, PasskeyAnswer)>, Error> {
    let Some(adding) = adding(session, state)? else { return Ok(None) };
    session.remove(ADDING);
    let answer = form.text(FIELD)?.to_owned();
    let answer = PasskeyAnswer { challenge: adding.challenge, site: site.site().cloned(), answer };
    Ok(Some((adding.name, answer)))
}
