//! An answer that did not come, or cannot be read, costs itself alone.

use crate::domain::jail::{Reading, Unread};
use crate::fail2ban::error::Error;

pub(crate) fn reading<T>(answer: Result<T, Error>) -> Reading<T> {
    answer.map_err(|error| {
        tracing::warn!(%error, "fail2ban did not tell a value");
        Unread(match error {
            Error::Refused { message, .. } => format!("fail2ban refused: {message}"),
            Error::Unreadable(what) => format!("fail2ban's answer could not be read: {what}"),
            _ => "fail2ban's answer could not be read".to_owned(),
        })
    })
}
