//! Session store for actix-session: sessions of accounts are in our database, by the hash of their keys; those of
//! visitors who are not logged in are in their cookies.

use std::collections::HashMap;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_web::cookie::time::Duration;
use sha2::{Digest, Sha256};

use crate::accounts::Sessions;
use crate::domain::account::AccountId;
use crate::domain::session::SessionNumber;
use crate::storage::StorageError;
use crate::storage::sessions::{KeyHash, SessionRow};

use super::in_cookie;

/// The entry of a session's state that holds the number of the account that is logged in. The
/// session ends with that account.
pub(crate) const ACCOUNT_ID: &str = "account_id";
/// The entry with the session's own number, from the login on.
pub(crate) const NUMBER: &str = "number";
/// The entry with the moment of the login, in seconds since 1970. A new key for the same login keeps it.
pub(crate) const BEGAN: &str = "began";
/// The entry that says whether the device is remembered.
pub(crate) const REMEMBERED: &str = "remembered";

/// The entry that says who is logged in. Made anew whenever a session is loaded, and never kept: an account
/// changes while its sessions last.
pub(crate) const LOGIN: &str = "login";

/// The sessions in our database, as actix-session wants them. Clones are the same sessions.
///
/// A session that was deleted stays dead: a request that was under way meanwhile cannot write it
/// back, because only [`SessionStore::save`] makes a session, and only under a new key. The one way
/// to a new session with an old state is `Session::renew`, which deletes and saves: call it at login
/// and where one's own rights change, where a password was just found right.
#[derive(Clone)]
pub(crate) struct SqliteSessionStore {
    sessions: Sessions,
}

impl SqliteSessionStore {
    /// The store of `sessions`.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self { sessions }
    }

    /// The session that is in `key` itself. Nobody is logged in by that.
    fn read_cookie(&self, key: &SessionKey) -> serde_json::Result<Option<State>> {
        let state = in_cookie::read(key, self.sessions.clock().now())?;
        Ok(state.map(|state| state.into_iter().filter(|(name, _)| *name != LOGIN).collect()))
    }

    fn write_cookie(&self, mut state: State) -> anyhow::Result<SessionKey> {
        state.remove(LOGIN);
        in_cookie::write(state, self.sessions.clock().now())
    }

    /// The row of the session of `account`.
    fn row(&self, state: &State, account: AccountId) -> Result<SessionRow, serde_json::Error> {
        Ok(SessionRow {
            number: entry(state, NUMBER)?.unwrap_or_else(SessionNumber::random),
            account,
            began: entry(state, BEGAN)?.unwrap_or_else(|| self.sessions.clock().now()),
            remembered: entry(state, REMEMBERED)?.unwrap_or(false),
            state: stored_json(state)?,
        })
    }
}

type State = HashMap<String, String>;

fn entry<T: serde::de::DeserializeOwned>(state: &State, name: &str) -> serde_json::Result<Option<T>> {
    state.get(name).map(|json| serde_json::from_str(json)).transpose()
}

/// Serializes `state` as JSON.
fn stored_json(state: &State) -> serde_json::Result<String> {
    let kept: HashMap<_, _> = state.iter().filter(|(name, _)| *name != LOGIN).collect();
    serde_json::to_string(&kept)
}

fn hash(key: &SessionKey) -> KeyHash {
    Sha256::digest(key.as_ref().as_bytes()).into()
}

/// Converts `error` for actix-session, without the cause, which is logged.
fn logged(error: StorageError) -> anyhow::Error {
    tracing::error!(%error, "a session could not be read or written");
    error.into()
}

impl SessionStore for SqliteSessionStore {
    async fn load(&self, session_key: &SessionKey) -> Result<Option<State>, LoadError> {
        if in_cookie::is_in_cookie(session_key) {
            return self.read_cookie(session_key).map_err(|error| LoadError::Deserialization(error.into()));
        }
        let found = self.sessions.find(hash(session_key)).await;
        let Some(found) = found.map_err(|error| LoadError::Other(logged(error)))? else { return Ok(None) };
        let read = || -> serde_json::Result<State> {
            let mut state: State = serde_json::from_str(&found.state)?;
            if let Some(login) = found.login.filter(|_| state.contains_key(NUMBER)) {
                state.insert(LOGIN.to_owned(), serde_json::to_string(&login)?);
            }
            Ok(state)
        };
        read().map(Some).map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let account =
            entry::<AccountId>(&state, ACCOUNT_ID).map_err(|error| SaveError::Serialization(error.into()))?;
        let Some(account) = account else {
            return self.write_cookie(state).map_err(SaveError::Serialization);
        };
        let row = self.row(&state, account).map_err(|error| SaveError::Serialization(error.into()))?;
        let session_key = generate_session_key();
        let added = self.sessions.add(hash(&session_key), row).await;
        added.map_err(|error| SaveError::Other(logged(error)))?;
        Ok(session_key)
    }

    async fn update(
        &self,
        session_key: SessionKey,
        state: State,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        if in_cookie::is_in_cookie(&session_key) {
            if state.contains_key(ACCOUNT_ID) {
                return Err(UpdateError::Other(anyhow::anyhow!("a login without a new key")));
            }
            return self.write_cookie(state).map_err(UpdateError::Serialization);
        }
        let json = stored_json(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let alive = self.sessions.update(hash(&session_key), json).await;
        if !alive.map_err(|error| UpdateError::Other(logged(error)))? {
            // An error would turn the finished answer into a 500. The old key opens nothing, so the
            // browser may keep it until its next request.
            tracing::info!("a session ended while a request of it was under way");
        }
        Ok(session_key)
    }

    /// Nothing: being asked for is not being used. The guard knows which requests are a person's.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, session_key: &SessionKey) -> anyhow::Result<()> {
        if in_cookie::is_in_cookie(session_key) {
            return Ok(());
        }
        self.sessions.end_by_key(hash(session_key)).await.map_err(logged)
    }
}

#[cfg(test)]
mod tests;
