//! Making a passkey.

use serde_json::Value;
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity,
    RegistrationVerificationOptions, ResidentKeyRequirement, Username,
};
use webauthn_rp::request::{PublicKeyCredentialDescriptor, UserVerificationRequirement};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{Registration, RegistrationServerState};

use crate::domain::account::AccountName;
use crate::domain::passkey::Site;

use super::{Asked, DynamicBytes, HANDLE, KnownCredential, WebauthnError, relying_party, user_handle};

/// A passkey that was made, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct NewCredential {
    pub(crate) known: KnownCredential,
    pub(crate) public_key: Vec<u8>,
    pub(crate) state: DynamicBytes,
}

/// Asks for a passkey of the account that has `handle`, on an authenticator that has none of `present`.
///
/// # Errors
/// When the host can have no passkeys.
pub(crate) fn ask(
    site: &Site,
    handle: [u8; HANDLE],
    name: &AccountName,
    present: &[KnownCredential],
) -> Result<Asked, WebauthnError> {
    let (party, handle) = (relying_party(site)?, user_handle(handle));
    let user = PublicKeyCredentialUserEntity { name: shown_name(name)?, id: &handle, display_name: None };
    let present = present.iter().map(descriptor).collect::<Result<_, _>>()?;
    let mut options = PublicKeyCredentialCreationOptions::passkey(&party, user, present);
    // A key without a PIN or a finger makes a good second factor, and one without room for names too.
    options.authenticator_selection.resident_key = ResidentKeyRequirement::Preferred;
    options.authenticator_selection.user_verification = UserVerificationRequirement::Preferred;
    options.extensions.cred_protect = CredProtect::None;
    let (server, client) = options.start_ceremony().map_err(WebauthnError::site)?;
    let options = serde_json::to_value(&client).map_err(WebauthnError::site)?;
    Ok(Asked { state: server.encode().map_err(WebauthnError::site)?, options })
}

/// Checks the browser's answer to what [`ask`] asked.
///
/// # Errors
/// When it is not right.
pub(crate) fn check(site: &Site, state: &[u8], answer: &str) -> Result<NewCredential, WebauthnError> {
    let asked = RegistrationServerState::<HANDLE>::decode(state).map_err(WebauthnError::stored)?;
    let answer = Registration::from_json_relaxed(answer.as_bytes()).map_err(WebauthnError::unreadable)?;
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &[&site.origin],
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    let made = asked.verify(&relying_party(site)?, &answer, &options)?;
    let Ok(transports) = made.transports().encode();
    let Ok(public_key) = made.static_state().encode();
    let Ok(state) = made.dynamic_state().encode();
    let known = KnownCredential { id: made.id().as_ref().to_vec(), transports };
    Ok(NewCredential { known, public_key, state })
}

/// The name that authenticators show. WebAuthn's rules for names are narrower than ours in some alphabets.
fn shown_name(name: &AccountName) -> Result<Username<'_>, WebauthnError> {
    Username::try_from(name.as_str()).or_else(|_| Username::try_from("BanGUI")).map_err(WebauthnError::site)
}

pub(super) fn descriptor(
    known: &KnownCredential,
) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, WebauthnError> {
    Ok(PublicKeyCredentialDescriptor {
        id: CredentialId::<Vec<u8>>::decode(known.id.clone()).map_err(WebauthnError::stored)?,
        transports: AuthTransports::decode(known.transports).map_err(WebauthnError::stored)?,
    })
}

/// The descriptors as browsers read them.
pub(super) fn descriptors(known: &[KnownCredential]) -> Result<Value, WebauthnError> {
    let all: Vec<_> = known.iter().map(descriptor).collect::<Result<_, _>>()?;
    serde_json::to_value(all).map_err(WebauthnError::site)
}
