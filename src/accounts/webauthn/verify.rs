//! Using a passkey.

use serde_json::Value;
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::UserVerificationRequirement;
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::response::CredentialId;
use webauthn_rp::response::register::DynamicState;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions,
};

use crate::domain::passkey::Site;

use super::{
    Asked, DynamicBytes, HANDLE, Key, KnownCredential, WebauthnError, make, relying_party, user_handle,
};

/// A passkey as it is stored, with the handle of its account.
#[derive(Debug, Clone)]
pub(crate) struct StoredCredential {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) state: DynamicBytes,
    pub(crate) handle: [u8; HANDLE],
}

/// Answer of a browser.
pub(crate) struct Answer(DiscoverableAuthentication64);

/// Asks for any passkey of the site, which verifies its user.
///
/// # Errors
/// When the host can have no passkeys.
pub(crate) fn ask_anybody(site: &Site) -> Result<Asked, WebauthnError> {
    ask(site, UserVerificationRequirement::Required, &[])
}

/// Asks for one of the passkeys `of` an account, of which the password is known or that is logged in.
///
/// # Errors
/// As [`ask_anybody`].
pub(crate) fn ask_owner(site: &Site, of: &[KnownCredential]) -> Result<Asked, WebauthnError> {
    ask(site, UserVerificationRequirement::Preferred, of)
}

fn ask(
    site: &Site,
    verification: UserVerificationRequirement,
    of: &[KnownCredential],
) -> Result<Asked, WebauthnError> {
    let party = relying_party(site)?;
    let mut options = DiscoverableCredentialRequestOptions::passkey(&party);
    options.0.user_verification = verification;
    let (server, client) = options.start_ceremony().map_err(WebauthnError::site)?;
    let mut options = serde_json::to_value(&client).map_err(WebauthnError::site)?;
    if !of.is_empty() {
        options["allowCredentials"] = make::descriptors(of)?;
    }
    Ok(Asked { state: server.encode().map_err(WebauthnError::site)?, options })
}

impl Answer {
    /// Reads what the browser sent. Authenticators that keep no names do not tell whose passkey it is: then it
    /// is held to be that of the account with the handle `expected`, which the passkey's row must have.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(text: &str, expected: Option<[u8; HANDLE]>) -> Result<Self, WebauthnError> {
        let mut answer: Value = serde_json::from_str(text).map_err(WebauthnError::unreadable)?;
        let response = answer.get_mut("response").and_then(Value::as_object_mut);
        if let (Some(handle), Some(response)) = (expected, response) {
            let told = response.entry("userHandle").or_insert(Value::Null);
            if told.is_null() {
                *told = serde_json::to_value(user_handle(handle)).map_err(WebauthnError::unreadable)?;
            }
        }
        let answer = serde_json::to_vec(&answer).map_err(WebauthnError::unreadable)?;
        DiscoverableAuthentication64::from_json_relaxed(&answer).map(Self).map_err(WebauthnError::unreadable)
    }

    /// Names the passkey that was used.
    pub(crate) fn credential_id(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }

    /// Checks that the passkey `stored` signed this answer to what was asked at `site`. Returns its new state.
    ///
    /// # Errors
    /// When it did not.
    pub(crate) fn check(
        &self,
        site: &Site,
        asked: &[u8],
        stored: &StoredCredential,
    ) -> Result<DynamicBytes, WebauthnError> {
        let asked = DiscoverableAuthenticationServerState::decode(asked).map_err(WebauthnError::stored)?;
        let handle = user_handle(stored.handle);
        let id = CredentialId::<&[u8]>::decode(&stored.credential_id).map_err(WebauthnError::stored)?;
        let key = Key::decode(&stored.public_key).map_err(WebauthnError::stored)?;
        let state = DynamicState::decode(stored.state).map_err(WebauthnError::stored)?;
        let mut passkey =
            AuthenticatedCredential::new(id, &handle, key, state).map_err(WebauthnError::stored)?;
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[&site.origin],
            error_on_unsolicited_extensions: false,
            update_uv: true,
            ..AuthenticationVerificationOptions::default()
        };
        asked.verify(&relying_party(site)?, &self.0, &mut passkey, &options)?;
        let Ok(state) = passkey.dynamic_state().encode();
        Ok(state)
    }
}
