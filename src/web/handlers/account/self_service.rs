//! Parts that the forms of one's own account share: the errors in the input, and the message after
//! success.

use std::time::Duration;

use actix_session::Session;
use askama::Template;

use crate::accounts::OwnError;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::view::format;

/// Form that asks for the present password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordForm {
    Password,
    SecondFactor,
}

/// Errors in a form, beside its fields.
#[derive(Debug, Default)]
pub(crate) struct SelfServiceErrors {
    /// Error in the present password, and the form it is in.
    present: Option<(PasswordForm, String)>,
    /// Error in the new password.
    pub new: Option<String>,
    /// Error in the code of the second factor.
    pub code: Option<String>,
    /// Time after which the next attempt is checked.
    wait: Option<Duration>,
}

impl SelfServiceErrors {
    /// Assigns `error` to the fields of `part`.
    ///
    /// # Errors
    ///
    /// Errors that are no mistake of the user.
    pub(crate) fn of_error(error: OwnError, part: PasswordForm) -> Result<Self, Error> {
        let none = Self::default();
        Ok(match error {
            OwnError::WrongPassword => {
                Self { present: Some((part, "This is not your password.".to_owned())), ..none }
            }
            OwnError::Wait(wait) => {
                let words = format!(
                    "Too many failed attempts. This one was not checked. Try again in {}.",
                    format::seconds(wait.as_secs().max(1))
                );
                Self { present: Some((part, words)), wait: Some(wait), ..none }
            }
            OwnError::WrongCode => {
                let words = "This code is wrong. Check that the clock of your phone is right.";
                Self { code: Some(words.to_owned()), ..none }
            }
            OwnError::NoSecondFactor => {
                Self { present: Some((part, "Two-factor authentication is off.".to_owned())), ..none }
            }
            OwnError::Accounts(error) => return Err(error.into()),
        })
    }

    /// Returns an error about the new password.
    pub(crate) fn new_password(words: String) -> Self {
        Self { new: Some(words), ..Self::default() }
    }

    /// Returns the error about the present password in `part`.
    pub(crate) fn present(&self, part: PasswordForm) -> Option<&str> {
        self.present.as_ref().filter(|(own, _)| *own == part).map(|(_, words)| words.as_str())
    }

    fn first_message(&self) -> &str {
        let present = self.present.as_ref().map(|(_, words)| words);
        present.or(self.new.as_ref()).or(self.code.as_ref()).map_or("", String::as_str)
    }

    /// The page with the form again.
    pub(crate) fn reply(&self, again: &impl Template) -> Result<Reply, Error> {
        Ok(Reply::invalid(again, self.first_message())?.with_wait(self.wait))
    }
}

/// Back to one's account with a message. The session gets a fresh key, since its rights have changed.
pub(crate) fn rights_changed(session: &Session, words: &str) -> Result<Reply, Error> {
    session::renew(session)?;
    Ok(Reply::with_message("/account", Flash::good(words)))
}
