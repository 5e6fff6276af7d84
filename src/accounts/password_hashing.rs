//! Passwords are hashed with Argon2id, a few at a time and off the threads that serve requests.

use argon2::password_hash::{self, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Params, Version};
use thiserror::Error;

use super::hasher::Hasher;
use super::line::{Line, Priority};
use crate::domain::account::Password;

/// Memory for one hash in KiB: 19 MiB, which OWASP's "Password Storage Cheat Sheet" asks for with two
/// passes and one lane. Raise any of the three and the hashes are renewed as people log in.
const MEMORY_KIB: u32 = 19 * 1024;
/// Number of passes over the memory.
const PASSES: u32 = 2;
/// Number of lanes of a hash that may be computed side by side.
const LANES: u32 = 1;
/// Hashes computed at once. More would let many logins take all the memory.
const AT_ONCE: usize = 2;
/// Hashes that may wait for their turn: some two seconds of work. More would wait in vain.
const WAITING: usize = 64;

/// The reason that a password could not be hashed or compared.
#[derive(Debug, Error)]
pub enum PasswordsError {
    /// Too many are waiting already. It passes within seconds.
    #[error("too many passwords are being compared at once")]
    Busy,
    /// Hashing failed, or the stored hash is unreadable.
    #[error("a password could not be hashed or compared: {0}")]
    Hash(#[from] password_hash::Error),
    /// The parameters of the hash are impossible.
    #[error("impossible parameters for password hashes: {0}")]
    Parameters(#[from] argon2::Error),
    /// The work ended without an answer: the program is about to end.
    #[error("the password work was interrupted")]
    Interrupted,
}

/// The result of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    Wrong,
    Right,
    /// Right, but the hash is weaker than new ones. Holds the hash to store in its place.
    Renewed(String),
}

/// Hashes and compares passwords. Clones share the limits on work.
#[derive(Clone)]
pub(crate) struct Passwords {
    hasher: Hasher,
    /// Those whose hash is computed, and those who wait.
    line: Line,
    /// Stands in for the hash of an unknown account, so that it takes as long.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, PasswordsError> {
        let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
        let hasher = Hasher::new(parameters);
        let nobody = hasher.of_nothing()?.to_string();
        Ok(Self { hasher, line: Line::new(AT_ONCE, WAITING), nobody })
    }

    /// The PHC string of a password, with a salt of its own.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, PasswordsError> {
        let hasher = self.hasher.clone();
        self.run(Priority::Known, move || Ok(hasher.hash(password.as_bytes())?.to_string())).await
    }

    /// The PHC string of no password that anybody knows.
    pub(crate) fn hash_of_nothing(&self) -> Result<String, PasswordsError> {
        Ok(self.hasher.of_nothing()?.to_string())
    }

    /// Compares `password` with `hash`; without a hash, with that of a password nobody knows, for the same
    /// work.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
        priority: Priority,
    ) -> Result<Verified, PasswordsError> {
        let hasher = self.hasher.clone();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.run(priority, move || {
            let hash = PasswordHash::new(&hash).map_err(password_hash::Error::from)?;
            match hasher.verify_password(password.as_bytes(), &hash) {
                Ok(()) if is_weaker(&hash, hasher.params())? => {
                    Ok(Verified::Renewed(hasher.hash(password.as_bytes())?.to_string()))
                }
                Ok(()) => Ok(Verified::Right),
                Err(password_hash::Error::PasswordInvalid) => Ok(Verified::Wrong),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> Result<T, PasswordsError> + Send + 'static,
    ) -> Result<T, PasswordsError> {
        let turn = self.line.wait(priority).await.ok_or(PasswordsError::Busy)?;
        let result = tokio::task::spawn_blocking(move || {
            // Held here, because the work goes on when nobody waits for its answer any more.
            let _held = turn;
            work()
        });
        result.await.map_err(|_| PasswordsError::Interrupted)?
    }
}

/// Returns true if `hash` was made with less than `today`, or with another algorithm.
fn is_weaker(hash: &PasswordHash, today: &Params) -> Result<bool, PasswordsError> {
    let stored = Params::try_from(hash)?;
    Ok(hash.algorithm != Algorithm::Argon2id.ident()
        || hash.version != Some(Version::V0x13.into())
        || stored.m_cost() < today.m_cost()
        || stored.t_cost() < today.t_cost()
        || stored.p_cost() < today.p_cost())
}
