//! Reasons why a ceremony of WebAuthn did not succeed.

use std::fmt;

use thiserror::Error;
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::register::error::RegCeremonyErr;

/// The reason that a passkey was not made or not taken.
#[derive(Debug, Error)]
pub enum WebauthnError {
    /// The input is no answer of a browser.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The authenticator's counter went back: there may be a copy of it.
    #[error("the passkey's counter of signatures went back, so there may be a copy of it")]
    CounterWentBack,
    /// The answer is not right: for another question or site, or not signed by this passkey.
    #[error("the answer of the passkey is not right: {0}")]
    Wrong(String),
    /// The stored state or the host does not fit WebAuthn.
    #[error("passkeys cannot be used: {0}")]
    Unusable(String),
}

impl WebauthnError {
    pub(super) fn unreadable(cause: impl fmt::Display) -> Self {
        Self::Unreadable(cause.to_string())
    }

    pub(super) fn site(cause: impl fmt::Display) -> Self {
        Self::Unusable(cause.to_string())
    }

    pub(super) fn stored(cause: impl fmt::Display) -> Self {
        Self::Unusable(format!("what is stored cannot be read: {cause}"))
    }
}

impl From<RegCeremonyErr> for WebauthnError {
    fn from(error: RegCeremonyErr) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<AuthCeremonyErr> for WebauthnError {
    fn from(error: AuthCeremonyErr) -> Self {
        match error {
            AuthCeremonyErr::SignatureCounter => Self::CounterWentBack,
            other => Self::Wrong(other.to_string()),
        }
    }
}
