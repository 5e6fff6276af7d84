//! WebAuthn: what browsers and authenticators are asked, and whether their answers are right. The rules are
//! those of the crate `webauthn_rp`; here are our choices.
//!
//! No attestation is asked for: nobody needs to know which maker's authenticator it is. A passkey verifies its
//! user if it can; where it stands alone, it must.

mod challenge;
mod error;
pub(crate) mod make;
pub(crate) mod verify;

pub(crate) use challenge::{Challenge, Challenges};
pub(crate) use error::WebauthnError;

use serde_json::Value;
use webauthn_rp::request::register::UserHandle64;
use webauthn_rp::request::{AsciiDomain, RpId};
use webauthn_rp::response::register::{CompressedPubKey, StaticState};

use crate::domain::passkey::Site;

/// The length of a handle in bytes.
pub(crate) const HANDLE: usize = 64;

/// The state that WebAuthn keeps of a passkey between its uses, as it is stored.
pub(crate) type DynamicBytes = [u8; 7];

type Key = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// A question to a browser, and the state that is kept until it answers.
pub(crate) struct Asked {
    /// Kept here.
    pub(crate) state: Vec<u8>,
    /// The options of `navigator.credentials`, with Base64url in the place of bytes.
    pub(crate) options: Value,
}

/// A passkey that is known: by its id, which authenticators choose, and how to reach it.
#[derive(Debug, Clone)]
pub(crate) struct KnownCredential {
    pub(crate) id: Vec<u8>,
    pub(crate) transports: u8,
}

fn relying_party(site: &Site) -> Result<RpId, WebauthnError> {
    let domain = AsciiDomain::try_from(site.host.clone()).map_err(WebauthnError::site)?;
    Ok(RpId::Domain(domain))
}

fn user_handle(bytes: [u8; HANDLE]) -> UserHandle64 {
    use webauthn_rp::bin::Decode as _;
    let Ok(handle) = UserHandle64::decode(bytes);
    handle
}
