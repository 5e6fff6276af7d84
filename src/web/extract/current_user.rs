//! The logged-in user, for handlers behind the login.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::accounts::LoggedIn;
use crate::domain::account::Account;
use crate::domain::session::SessionNumber;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;

use super::client::Client;

/// The account that is logged in, by which session and from where.
pub(crate) struct CurrentUser(pub(crate) LoggedIn);

/// On a request whose session began with a recovery code some minutes ago.
pub(crate) struct Recovered;

/// Family and system of the browser that sent a request. In its extensions.
#[derive(Clone)]
pub(crate) struct Browser(pub(crate) String);

/// Notices that this session is shown on its next page. In the extensions of a request whose session has notices.
pub(crate) struct HasNotices;

impl CurrentUser {
    /// The account's name.
    pub(crate) fn name(&self) -> &str {
        self.0.account.name.as_str()
    }

    fn of_request(request: &HttpRequest) -> Result<Self, Error> {
        let missing = || Internal::Missing("an account");
        let account = request.extensions().get::<Account>().cloned().ok_or_else(missing)?;
        let session = request.extensions().get::<SessionNumber>().copied().ok_or_else(missing)?;
        let from = Client::of_request(request)?.address;
        let recovered = request.extensions().get::<Recovered>().is_some();
        let browser = request.extensions().get::<Browser>().map(|browser| browser.0.clone());
        let browser = browser.ok_or_else(missing)?;
        let successor = SessionNumber::random();
        Ok(Self(LoggedIn { account, session, successor, from, browser, recovered }))
    }
}

impl FromRequest for CurrentUser {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of_request(request))
    }
}

impl FromRequest for Browser {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.ok_or_else(|| Internal::Missing("a browser").into()))
    }
}
