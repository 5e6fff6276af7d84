//! Results that this session has closed, by the time at which they ended.

use actix_session::Session;
use jiff::Timestamp;

use crate::web::problem::error::Error;

/// A kind of result.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown {
    /// Of a reload, start or restart.
    Work,
    /// Of an unban of many.
    Bulk,
}

impl Shown {
    fn key(self) -> &'static str {
        match self {
            Self::Work => "dismissed_work",
            Self::Bulk => "dismissed_bulk",
        }
    }
}

/// Notes that the result that `ended` then is not to be shown again.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn dismiss(session: &Session, shown: Shown, ended: Timestamp) -> Result<(), Error> {
    Ok(session.insert(shown.key(), ended)?)
}

/// Returns when the result that was closed last had ended.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn dismissed(session: &Session, shown: Shown) -> Result<Option<Timestamp>, Error> {
    Ok(session.get(shown.key())?)
}
