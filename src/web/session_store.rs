//! Where actix-session keeps its sessions: in our database, by the hash of their keys.

use std::collections::HashMap;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_web::cookie::time::Duration;
use sha2::{Digest, Sha256};

use crate::domain::account::AccountId;
use crate::storage::sessions::{self, KeyHash, SessionRow};
use crate::storage::{Storage, StorageError};

/// The entry of a session's state that holds the number of the account that is logged in. The
/// session ends with that account.
pub const ACCOUNT_ID: &str = "account_id";

/// The sessions in our database. Clones are the same sessions.
///
/// A session that was deleted stays dead: a request that was under way meanwhile cannot write it
/// back, because only [`SessionStore::save`] makes a session, and only under a new key. The one way
/// to a new session with an old state is `Session::renew`, which deletes and saves: call it at login
/// alone, where a password was just found right.
#[derive(Clone)]
pub struct SqliteSessionStore {
    storage: Storage,
}

impl SqliteSessionStore {
    /// The sessions in `storage`.
    #[must_use]
    pub fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// Removes the sessions that have expired. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<usize, StorageError> {
        self.storage.call(|connection| sessions::delete_expired(connection)).await
    }
}

type State = HashMap<String, String>;

fn hash(key: &SessionKey) -> KeyHash {
    Sha256::digest(key.as_ref().as_bytes()).into()
}

fn row(state: &State) -> Result<SessionRow, serde_json::Error> {
    let account = state.get(ACCOUNT_ID).map(|id| serde_json::from_str::<AccountId>(id));
    Ok(SessionRow { account: account.transpose()?, state: serde_json::to_string(state)? })
}

impl SessionStore for SqliteSessionStore {
    async fn load(&self, session_key: &SessionKey) -> Result<Option<State>, LoadError> {
        let key = hash(session_key);
        let state = self
            .storage
            .call(move |connection| sessions::state(connection, &key))
            .await
            .map_err(|error| LoadError::Other(error.into()))?;
        state
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let row = row(&state).map_err(|error| SaveError::Serialization(error.into()))?;
        let session_key = generate_session_key();
        let (key, seconds) = (hash(&session_key), ttl.whole_seconds());
        self.storage
            .call(move |connection| sessions::insert(connection, &key, &row, seconds))
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        Ok(session_key)
    }

    async fn update(
        &self,
        session_key: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let row = row(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let (key, seconds) = (hash(&session_key), ttl.whole_seconds());
        let alive = self
            .storage
            .call(move |connection| sessions::update(connection, &key, &row, seconds))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
        if !alive {
            // An error would turn the finished answer into a 500. The old key opens nothing, so the
            // browser may keep it until its next request.
            tracing::info!("a session ended while a request of it was under way");
        }
        Ok(session_key)
    }

    async fn update_ttl(&self, session_key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        let (key, seconds) = (hash(session_key), ttl.whole_seconds());
        Ok(self.storage.call(move |connection| sessions::extend(connection, &key, seconds)).await?)
    }

    async fn delete(&self, session_key: &SessionKey) -> anyhow::Result<()> {
        let key = hash(session_key);
        Ok(self.storage.call(move |connection| sessions::delete(connection, &key)).await?)
    }
}

#[cfg(test)]
mod tests;
