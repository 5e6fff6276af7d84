//! Time of the last proof of identity in a session: by the login, or by what was asked for again since.

use actix_session::Session;

use crate::web::problem::error::Error;
use crate::web::state::State;

/// Seconds for which a proof holds.
const HOLDS: i64 = 10 * 60;

/// The entry with the moment of the last proof, in seconds since 1970.
const PROVED: &str = "proved";
/// The entry with the moment of a login by a recovery code.
const RECOVERED: &str = "recovered";

/// Notes a proof: a password or a second factor was right just now.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn note(session: &Session, state: &State) -> Result<(), Error> {
    Ok(session.insert(PROVED, state.sessions.clock().now())?)
}

/// Notes that the login was made with a recovery code.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn note_recovery(session: &Session, state: &State) -> Result<(), Error> {
    Ok(session.insert(RECOVERED, state.sessions.clock().now())?)
}

/// Returns true if the last proof is not over ten minutes old.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn holds(session: &Session, state: &State) -> Result<bool, Error> {
    is_recent(session, PROVED, state)
}

/// Returns true if the login was made with a recovery code in the last ten minutes.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn is_recovered(session: &Session, state: &State) -> Result<bool, Error> {
    is_recent(session, RECOVERED, state)
}

fn is_recent(session: &Session, entry: &str, state: &State) -> Result<bool, Error> {
    let at: Option<i64> = session.get(entry)?;
    let now = state.sessions.clock().now();
    // A clock that was set back makes no proof last longer.
    Ok(at.is_some_and(|at| (0..HOLDS).contains(&(now - at))))
}
