//! What the forms of one's own account share: who asks, and what is wrong with what was typed.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::ReqData;
use askama::Template;

use crate::accounts::{LoggedIn, OwnError};
use crate::domain::session::SessionNumber;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::flash::Flash;
use crate::web::view::page::Page;
use crate::web::view::{format, fragment};
use crate::web::{reply, session};

/// Which form asks for the present password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordForm {
    Password,
    SecondFactor,
}

/// What is wrong with a form, beside its fields.
#[derive(Debug, Default)]
pub(crate) struct SelfServiceErrors {
    /// With the present password, and in which form.
    present: Option<(PasswordForm, String)>,
    /// With the new password.
    pub new: Option<String>,
    /// With the code of the second factor.
    pub code: Option<String>,
    /// In how many seconds the next attempt is looked at.
    wait: Option<u64>,
}

impl SelfServiceErrors {
    /// What `error` says of the fields of `part`.
    ///
    /// # Errors
    /// What is no mistake of the person.
    pub(crate) fn of_error(error: OwnError, part: PasswordForm) -> Result<Self, Error> {
        let none = Self::default();
        Ok(match error {
            OwnError::WrongPassword => {
                Self { present: Some((part, "This is not your password.".to_owned())), ..none }
            }
            OwnError::Wait(wait) => {
                let seconds = wait.as_secs().max(1);
                let words = format!(
                    "Too many attempts have failed, so this one was not looked at. Try again in {}.",
                    format::seconds(seconds)
                );
                Self { present: Some((part, words)), wait: Some(seconds), ..none }
            }
            OwnError::WrongCode => {
                let words = "This is not the code of this secret now. Is the phone's clock right?";
                Self { code: Some(words.to_owned()), ..none }
            }
            OwnError::NoSecondFactor => {
                Self { present: Some((part, "There is no second factor.".to_owned())), ..none }
            }
            OwnError::Accounts(error) => return Err(error.into()),
        })
    }

    /// What is wrong with the new password.
    pub(crate) fn new_password(words: String) -> Self {
        Self { new: Some(words), ..Self::default() }
    }

    /// What is wrong with the present password in `part`.
    pub(crate) fn present(&self, part: PasswordForm) -> Option<&str> {
        self.present.as_ref().filter(|(own, _)| *own == part).map(|(_, words)| words.as_str())
    }

    fn first_message(&self) -> &str {
        let present = self.present.as_ref().map(|(_, words)| words);
        present.or(self.new.as_ref()).or(self.code.as_ref()).map_or("", String::as_str)
    }

    /// The page with the form again.
    pub(crate) fn to_page(&self, again: &impl Template) -> Result<HttpResponse, Error> {
        let status = if self.wait.is_some() {
            StatusCode::TOO_MANY_REQUESTS
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let mut response = fragment::full_page(again, status)?;
        if let Some(wait) = self.wait {
            response.headers_mut().insert(RETRY_AFTER, wait.into());
        }
        Ok(reply::note_refused(response, self.first_message()))
    }
}

/// Who changes their own account.
pub(crate) fn current_login(page: &Page, session: &ReqData<SessionNumber>) -> Result<LoggedIn, Error> {
    let account = page.account.clone().ok_or(Error::NotLoggedIn)?;
    Ok(LoggedIn { account, session: **session, from: page.from()? })
}

/// Back to one's account with a message. The session gets a fresh key, since its rights have changed.
pub(crate) fn rights_changed(session: &Session, words: &str) -> Result<HttpResponse, Error> {
    session::renew(session)?;
    session::leave_flash(session, &Flash::good(words))?;
    Ok(see_other("/account"))
}
