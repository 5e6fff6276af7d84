//! The site that a page belongs to, for passkeys.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::passkey::{NoPasskeys, Site};
use crate::web::problem::error::Error;

use super::client::Client;
use super::host::Authority;

/// The site that a request is for, or the reason that browsers have no passkeys there.
#[derive(Debug, Clone)]
pub(crate) struct PasskeySite(pub(crate) Result<Site, NoPasskeys>);

impl PasskeySite {
    /// The site that `request` is for. Its host is one of the allowed ones: others are not answered.
    ///
    /// # Errors
    /// As [`Client::of_request`].
    pub(crate) fn of_request(request: &HttpRequest) -> Result<Self, Error> {
        let is_secure = Client::of_request(request)?.is_secure;
        let authority = Authority::of_request(request).ok_or(NoPasskeys::Address);
        Ok(Self(authority.and_then(|Authority { host, port }| Site::of(&host, port, is_secure))))
    }

    /// The site, if it can have passkeys.
    pub(crate) fn site(&self) -> Option<&Site> {
        self.0.as_ref().ok()
    }

    /// The site.
    ///
    /// # Errors
    /// When it can have no passkeys: a page of ours does not ask then.
    pub(crate) fn required(&self) -> Result<&Site, Error> {
        self.0.as_ref().map_err(|why| Error::BadInput(format!("There are no passkeys here: {why}.")))
    }
}

impl FromRequest for PasskeySite {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of_request(request))
    }
}
