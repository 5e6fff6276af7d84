//! The one error type of the web side, and the status of each.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use thiserror::Error;

use crate::accounts::{AccountsError, PasswordsError};
use crate::domain::account::Role;
use crate::fail2ban::broker_error::BrokerError;
use crate::storage::StorageError;
use crate::{fail2ban, jail_service};

use super::internal::Internal;
use super::rejection::Rejection;

/// Reason why a request was not answered as asked. [`crate::web::middleware::error_page`] turns it
/// into a page.
#[derive(Debug, Error)]
pub enum Error {
    /// The jail service could not do it.
    #[error(transparent)]
    Jails(#[from] jail_service::Error),
    /// An action was not begun: the daemon did not answer when it was looked for.
    #[error("not begun: {0}")]
    NotBegun(fail2ban::Error),
    /// There is no such page.
    #[error("no such page")]
    NoPage,
    /// The request's form or query cannot be read. Holds one sentence for the person.
    #[error("bad input: {0}")]
    BadInput(String),
    /// The CSRF token is missing or not this session's.
    #[error("missing or wrong CSRF token")]
    Csrf,
    /// The account's role is too small. Holds the least role that may.
    #[error("only for the role {0} and above")]
    Forbidden(Role),
    /// Administrators change their own account elsewhere.
    #[error("one's own account among the others")]
    OwnAccount,
    /// The web server in front logs the account in: it has no password here.
    #[error("no password or second factor of its own")]
    LoggedInByProxy,
    /// The browser keeps no cookies, so that the login of whom the web server in front names cannot hold.
    #[error("the browser keeps no cookies")]
    NoCookies,
    /// The request came in a way that is not answered.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// Our own database did not take the row of the action, which was therefore not done.
    #[error("not in the audit, so not done: {0}")]
    Unrecorded(StorageError),
    /// Our own database failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The sessions in it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A mistake of ours, or of what BanGUI stands on.
    #[error(transparent)]
    Internal(Internal),
}

impl<E> From<E> for Error
where
    Internal: From<E>,
{
    fn from(cause: E) -> Self {
        Self::Internal(cause.into())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Jails(error) => jails(error),
            Self::NotBegun(error) => daemon(error),
            Self::NoPage => StatusCode::NOT_FOUND,
            Self::BadInput(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Csrf | Self::Forbidden(_) | Self::NoCookies => StatusCode::FORBIDDEN,
            Self::Refused(refusal) => refusal.status(),
            Self::OwnAccount | Self::LoggedInByProxy => StatusCode::CONFLICT,
            Self::Accounts(AccountsError::Passwords(PasswordsError::Busy)) | Self::Unrecorded(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Accounts(_) | Self::Storage(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Empty: the body is made where the request is known, in [`crate::web::middleware::error_page`].
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

fn jails(error: &jail_service::Error) -> StatusCode {
    match error {
        jail_service::Error::Daemon(error) => daemon(error),
        jail_service::Error::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        jail_service::Error::UnderWay
        | jail_service::Error::BulkUnderWay
        | jail_service::Error::BesideFile { .. }
        | jail_service::Error::StillIgnored { .. }
        | jail_service::Error::NotConfigured(_)
        | jail_service::Error::NoRestart(_) => StatusCode::CONFLICT,
        jail_service::Error::NotBannable(_) | jail_service::Error::Unsendable(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

fn daemon(error: &fail2ban::Error) -> StatusCode {
    match error {
        fail2ban::Error::UnknownJail(_) => StatusCode::NOT_FOUND,
        fail2ban::Error::Refused { .. } | fail2ban::Error::Client(_) | fail2ban::Error::Database(_) => {
            StatusCode::CONFLICT
        }
        fail2ban::Error::UnsafeArgument(_) | fail2ban::Error::Broker(BrokerError::TooLong(_)) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        fail2ban::Error::Deadline(_) | fail2ban::Error::Broker(BrokerError::Silent(_)) => {
            StatusCode::GATEWAY_TIMEOUT
        }
        fail2ban::Error::SocketMissing(_)
        | fail2ban::Error::NotRunning(_)
        | fail2ban::Error::WouldStart(_)
        | fail2ban::Error::MountedSocketGone(_)
        | fail2ban::Error::PermissionDenied(_)
        | fail2ban::Error::Connect { .. }
        | fail2ban::Error::CutOff(_)
        | fail2ban::Error::Broker(_)
        | fail2ban::Error::Unreadable(_) => StatusCode::BAD_GATEWAY,
    }
}
