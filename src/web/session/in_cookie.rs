//! The session of somebody who is not logged in: all of it is in the cookie, which the server encrypts and
//! authenticates. Anybody may open the login page as often as they like, so nothing of it is stored.

use std::collections::HashMap;

use actix_session::storage::SessionKey;
use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::domain::clock::still_counts;

/// Seconds for which a form that was opened without a login can be sent.
pub(crate) const LASTS: i64 = 12 * 60 * 60;

/// The longest session in bytes: encrypted and in Base64, browsers take it as a cookie.
const LONGEST: usize = 2_600;

/// No key of a stored session begins so: those are letters and figures.
const BEGINS: char = '{';

/// A session as its cookie holds it.
#[derive(Serialize, Deserialize)]
struct InCookie {
    /// Time of writing, in seconds since 1970.
    at: i64,
    state: HashMap<String, String>,
}

/// Returns true if `key` is itself the session.
pub(crate) fn is_in_cookie(key: &SessionKey) -> bool {
    key.as_ref().starts_with(BEGINS)
}

/// Writes a session. The cookie's encryption is up to actix-session, as that of every key.
///
/// # Errors
/// When it is too long for a cookie.
pub(crate) fn write(state: HashMap<String, String>, now: i64) -> anyhow::Result<SessionKey> {
    let text = serde_json::to_string(&InCookie { at: now, state })?;
    ensure!(text.len() <= LONGEST, "a session without a login is too long: {} bytes", text.len());
    Ok(text.try_into()?)
}

/// Reads a session. `None` if it has expired.
///
/// # Errors
/// When another version of the program wrote it.
pub(crate) fn read(key: &SessionKey, now: i64) -> serde_json::Result<Option<HashMap<String, String>>> {
    let InCookie { at, state } = serde_json::from_str(key.as_ref())?;
    Ok(still_counts(at, now, LASTS).then_some(state))
}
