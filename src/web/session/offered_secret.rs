//! The secret of a second factor that is being set up: ours, kept here until a code of it has come. The
//! browser shows it and never sends it.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::accounts::TotpSecret;
use crate::web::problem::error::Error;
use crate::web::state::State;

const ENTRY: &str = "offered_secret";

/// Seconds for which a secret can be set up.
const HOLDS: i64 = 15 * 60;

#[derive(Serialize, Deserialize)]
struct Offered {
    secret: TotpSecret,
    at: i64,
}

/// The secret that this session was offered. `None` if there is none, or no longer.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn offered(session: &Session, state: &State) -> Result<Option<TotpSecret>, Error> {
    let now = state.sessions.clock().now();
    let offered = session.get::<Offered>(ENTRY)?.filter(|offered| (0..HOLDS).contains(&(now - offered.at)));
    Ok(offered.map(|offered| offered.secret))
}

/// The same, or a new one. Whoever loads the page again sees what the phone has scanned.
///
/// # Errors
/// When the session cannot be read or written.
pub(crate) fn offer(session: &Session, state: &State) -> Result<TotpSecret, Error> {
    if let Some(secret) = offered(session, state)? {
        return Ok(secret);
    }
    let secret = TotpSecret::generate();
    session.insert(ENTRY, Offered { secret: secret.clone(), at: state.sessions.clock().now() })?;
    Ok(secret)
}

/// Forgets it, once it is set up.
pub(crate) fn forget(session: &Session) {
    session.remove(ENTRY);
}
