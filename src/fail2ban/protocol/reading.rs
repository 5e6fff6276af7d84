//! An answer that did not come, or cannot be read, costs itself alone.

use crate::domain::jail::{Reading, Unread};
use crate::fail2ban::error::Error;

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { message, .. } => Self::Refused(message),
            Error::Unreadable(what) => Self::Unreadable(what),
            _ => Self::Unanswered,
        }
    }
}

pub(crate) fn reading<T>(answer: Result<T, Error>) -> Reading<T> {
    answer.map_err(|error| {
        tracing::warn!(%error, "fail2ban did not tell a value");
        error.into()
    })
}
