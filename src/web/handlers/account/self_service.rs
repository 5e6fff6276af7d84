//! Parts that the forms of one's own account share: the errors in the input.

use std::time::Duration;

use askama::Template;

use crate::accounts::OwnError;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::view::messages::own_account;

/// Form that asks for the present password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordForm {
    Password,
    SecondFactor,
    Passkey,
}

/// Errors in a form, beside its fields.
#[derive(Debug, Default)]
pub(crate) struct SelfServiceErrors {
    /// Error in the present password, and the form it is in.
    present: Option<(PasswordForm, String)>,
    /// Error in the new password.
    pub new: Option<String>,
    /// With the code of the present second factor.
    pub(crate) factor: Option<String>,
    /// With the code of the new second factor.
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
                Self { present: Some((part, own_account::WRONG_PASSWORD.to_owned())), ..none }
            }
            OwnError::Wait(wait) => {
                let words = own_account::describe_wait(wait);
                Self { present: Some((part, words)), wait: Some(wait), ..none }
            }
            OwnError::WrongProof => {
                Self { present: Some((part, own_account::WRONG_PROOF.to_owned())), ..none }
            }
            OwnError::WrongFactor => Self { factor: Some(own_account::WRONG_FACTOR.to_owned()), ..none },
            OwnError::WrongCode => {
                Self::new_code("This code is wrong. Check that the clock of your phone is right.")
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

    /// Error of the new second factor's code.
    pub(crate) fn new_code(words: &str) -> Self {
        Self { code: Some(words.to_owned()), ..Self::default() }
    }

    /// Error of the current password in `part`.
    pub(crate) fn present(&self, part: PasswordForm) -> Option<&str> {
        self.present.as_ref().filter(|(own, _)| *own == part).map(|(_, words)| words.as_str())
    }

    fn first_message(&self) -> &str {
        let present = self.present.as_ref().map(|(_, words)| words);
        let others = [&self.new, &self.factor, &self.code].into_iter().flatten();
        present.into_iter().chain(others).next().map_or("", String::as_str)
    }

    /// The page with the form again.
    pub(crate) fn reply(&self, again: &impl Template) -> Result<Reply, Error> {
        Ok(Reply::invalid(again, self.first_message())?.with_wait(self.wait))
    }
}
