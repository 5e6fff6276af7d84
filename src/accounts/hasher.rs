//! Argon2 in memory that goes back to the system after each hash.
//!
//! Asked for 19 MiB each time, glibc's allocator keeps what it is given back and does not find it again,
//! because of its alignment: after fifty logins at once the program would hold 900 MB.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, CustomizedPasswordHasher};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::memory;

/// Hashes with Argon2, and compares by [`password_hash::PasswordVerifier`].
#[derive(Clone)]
pub(crate) struct Hasher {
    /// Parameters of new hashes.
    params: Params,
}

impl Hasher {
    pub(crate) fn new(params: Params) -> Self {
        Self { params }
    }

    /// The parameters of new hashes.
    pub(crate) fn params(&self) -> &Params {
        &self.params
    }

    /// The Argon2id hash of a password, with a salt of its own.
    pub(crate) fn hash(&self, password: &[u8]) -> password_hash::Result<PasswordHash> {
        let salt: [u8; 16] = rand::random();
        Self::compute(password, &salt, Algorithm::Argon2id, Version::V0x13, &self.params)
    }

    /// Makes a hash of no password that anybody knows, at once: nothing is computed.
    pub(crate) fn of_nothing(&self) -> password_hash::Result<PasswordHash> {
        let salt = Salt::new(&rand::random::<[u8; 16]>())?;
        let output = rand::random::<[u8; Params::DEFAULT_OUTPUT_LEN]>();
        written(Algorithm::Argon2id, Version::V0x13, &self.params, salt, &output)
    }

    fn compute(
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
        let blocks = params.block_count();
        let mut memory = memory::roomy(blocks);
        memory.resize(blocks, Block::default());
        let argon2 = Argon2::new(algorithm, version, params.clone());
        argon2.hash_password_into_with_memory(password, &salt, output, memory.as_mut_slice())?;
        written(algorithm, version, params, salt, output)
    }
}

fn written(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    salt: Salt,
    output: &[u8],
) -> password_hash::Result<PasswordHash> {
    Ok(PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(salt),
        hash: Some(Output::new(output)?),
    })
}

/// The crate compares through this, in constant time.
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
        Self::compute(password, salt, algorithm, version, &params)
    }
}
