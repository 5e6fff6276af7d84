//! Notices to an account about changes and logins that may not have been its owner's.

use std::net::IpAddr;

use jiff::Timestamp;
use strum::{AsRefStr, Display, EnumString};
use thiserror::Error;

/// The number of a notice. They only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NoticeId(pub i64);

/// Kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, Display, EnumString)]
#[strum(serialize_all = "kebab-case", parse_err_ty = NoticeKindError, parse_err_fn = NoticeKindError::new)]
pub(crate) enum NoticeKind {
    /// A login with a browser from an address that was not known together.
    NewDevice,
    /// A session is used with another browser than before.
    OtherBrowser,
    /// The owner's password was changed.
    PasswordChanged,
    /// An administrator has set a password.
    Reset,
    /// The second factor was turned on or replaced.
    SecondFactorOn,
    /// The second factor was turned off.
    SecondFactorOff,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// New recovery codes were made.
    RecoveryCodes,
    /// An administrator has set a role.
    RoleChanged,
}

/// Error for a stored text that is no kind of notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no kind of notice")]
pub(crate) struct NoticeKindError;

impl NoticeKindError {
    fn new(_text: &str) -> Self {
        Self
    }
}

/// With what, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The address.
    pub address: IpAddr,
    /// Family and system of the browser, without its version: `Firefox on Linux`.
    pub browser: String,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub id: NoticeId,
    pub at: Timestamp,
    pub kind: NoticeKind,
    /// The role, if it is about one.
    pub detail: String,
    /// Origin of the change; `None` if an administrator did it.
    pub address: Option<IpAddr>,
    /// The browser that it was done with.
    pub browser: Option<String>,
}
