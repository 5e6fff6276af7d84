//! Messages about changes of one's own account, and about proofs of identity.

use std::time::Duration;

use crate::accounts::OwnError;
use crate::domain::notice::{Notice, NoticeKind};
use crate::web::problem::error::Error;
use crate::web::view::format;

use super::Explain;

impl Explain for Notice {
    fn explain(&self) -> String {
        let what = match self.kind {
            NoticeKind::NewDevice => "Somebody logged in to your account from a new device",
            NoticeKind::OtherBrowser => "A session of yours went on in another browser",
            NoticeKind::PasswordChanged => "Your password was changed",
            NoticeKind::Reset => {
                "An administrator gave you a new password and removed any second factor and passkey"
            }
            NoticeKind::SecondFactorOn => "Two-factor authentication was set up for your account",
            NoticeKind::SecondFactorOff => "Two-factor authentication was turned off for your account",
            NoticeKind::PasskeyAdded => "A passkey was added to your account",
            NoticeKind::PasskeyRemoved => "A passkey was removed from your account",
            NoticeKind::RecoveryCodes => "New recovery codes were made for your account",
            NoticeKind::RoleChanged => return format!("An administrator made you {}.", self.detail),
        };
        match (&self.browser, self.address) {
            (Some(browser), Some(address)) => format!("{what}: {browser}, from {address}."),
            _ => format!("{what}."),
        }
    }
}

pub(crate) const WRONG_FACTOR: &str = "This code or passkey is wrong, or it was used before.";
pub(crate) const WRONG_PROOF: &str =
    "This is neither your password nor a code that is valid now. Each code works once.";
pub(crate) const WRONG_PASSWORD: &str = "This is not your password.";

/// Error of a proof.
///
/// # Errors
/// When it was no mistake of the person.
pub(crate) fn describe_wrong_proof(error: OwnError) -> Result<String, Error> {
    Ok(match error {
        OwnError::Wait(wait) => describe_wait(wait),
        OwnError::Accounts(error) => return Err(error.into()),
        OwnError::WrongFactor => WRONG_FACTOR.to_owned(),
        OwnError::WrongProof => WRONG_PROOF.to_owned(),
        OwnError::WrongPassword | OwnError::WrongCode | OwnError::NoSecondFactor => WRONG_PASSWORD.to_owned(),
    })
}

pub(crate) fn describe_wait(wait: Duration) -> String {
    format!(
        "Too many failed attempts. This one was not checked. Try again in {}.",
        format::seconds(wait.as_secs().max(1))
    )
}
