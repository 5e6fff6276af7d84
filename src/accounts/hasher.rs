//! Argon2 in memory that is kept from one hash to the next.
//!
//! Asked for 19 MiB anew each time, glibc's allocator does not find the piece that the last hash gave back,
//! because of its alignment: after fifty logins at once the program would hold 900 MB.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, CustomizedPasswordHasher};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Hashes with Argon2, and compares by [`password_hash::PasswordVerifier`]. Clones share their memory.
#[derive(Clone)]
pub(super) struct Hasher {
    /// What new hashes are made with.
    params: Params,
    /// What no hash works in now: as many as have worked at once.
    free: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Hasher {
    /// Makes hashes with these parameters.
    pub(super) fn new(params: Params) -> Self {
        Self { params, free: Arc::default() }
    }

    /// What new hashes are made with.
    pub(super) fn params(&self) -> &Params {
        &self.params
    }

    /// The Argon2id hash of a password, with a salt of its own.
    pub(super) fn hash(&self, password: &[u8]) -> password_hash::Result<PasswordHash> {
        let salt: [u8; 16] = rand::random();
        self.compute(password, &salt, Algorithm::Argon2id, Version::V0x13, &self.params)
    }

    fn compute(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Algorithm,
        version: Version,
        params: &Params,
    ) -> password_hash::Result<PasswordHash> {
        let salt = Salt::new(salt)?;
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
        let mut memory = self.free().pop().unwrap_or_default();
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::default());
        }
        let argon2 = Argon2::new(algorithm, version, params.clone());
        let hashed = argon2.hash_password_into_with_memory(password, &salt, output, memory.as_mut_slice());
        self.free().push(memory);
        hashed?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        // The list is whole after each statement, so that a panic elsewhere leaves nothing half done.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By this the crate compares, in constant time.
impl CustomizedPasswordHasher<PasswordHash> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<password_hash::Version>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        self.compute(password, salt, algorithm, version, &params)
    }
}
