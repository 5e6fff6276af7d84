//! Internal errors: faults of BanGUI itself, or of what it depends on.

use actix_session::{SessionGetError, SessionInsertError};
use thiserror::Error;

use crate::accounts::QrError;

/// Reason why a request could not be answered. For the log alone.
#[derive(Debug, Error)]
pub enum Internal {
    /// A layer of the server did not put it there.
    #[error("the request came without {0}")]
    Missing(&'static str),
    /// fail2ban answers, but its version was not asked for.
    #[error("fail2ban's version is not known")]
    NoVersion,
    /// The session could not be read.
    #[error("the session cannot be read: {0}")]
    SessionRead(#[from] SessionGetError),
    /// The session could not be written.
    #[error("the session cannot be written: {0}")]
    SessionWritten(#[from] SessionInsertError),
    /// A template failed to render.
    #[error(transparent)]
    Template(#[from] askama::Error),
    /// No QR code could be drawn.
    #[error(transparent)]
    Qr(#[from] QrError),
}
