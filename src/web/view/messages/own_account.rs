//! What somebody reads who changes their own account, or has to prove who they are.

use std::time::Duration;

use crate::accounts::OwnError;
use crate::web::problem::error::Error;
use crate::web::view::format;

pub(crate) const WRONG_PASSWORD: &str = "This is not your password.";

/// What was wrong with a proof.
///
/// # Errors
/// When it was no mistake of the person.
pub(crate) fn describe_wrong_proof(error: OwnError) -> Result<String, Error> {
    Ok(match error {
        OwnError::Wait(wait) => describe_wait(wait),
        OwnError::Accounts(error) => return Err(error.into()),
        OwnError::WrongPassword | OwnError::WrongFactor | OwnError::WrongCode | OwnError::NoSecondFactor => {
            WRONG_PASSWORD.to_owned()
        }
    })
}

pub(crate) fn describe_wait(wait: Duration) -> String {
    format!(
        "Too many failed attempts. This one was not checked. Try again in {}.",
        format::seconds(wait.as_secs().max(1))
    )
}
