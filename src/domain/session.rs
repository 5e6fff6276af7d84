//! Sessions: those of an account, and their lifetimes.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Identifies a session in the account's own list. It opens nothing: that is what the key in the
/// cookie does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SessionNumber(pub i64);

impl SessionNumber {
    /// A new number, of 63 bits, so that SQLite and the paths of pages have it as a positive one.
    pub(crate) fn random() -> Self {
        Self(i64::from_ne_bytes(rand::random()) & i64::MAX)
    }
}

/// The lifetimes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionLimits {
    /// Without being used.
    pub idle: Duration,
    /// From the login on, however much it is used.
    pub(crate) absolute: Duration,
    /// From the login on, on a device that is to be remembered.
    pub(crate) remembered: Duration,
    /// Without being used, on such a device.
    pub(crate) remembered_idle: Duration,
}

/// The address and the browser from which a session is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The browser's own description, cut to 200 characters. Anybody can say anything: shown
    /// escaped.
    pub agent: Option<String>,
}

/// A session of an account, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnSession {
    pub number: SessionNumber,
    /// The login.
    pub(crate) began: Timestamp,
    /// The last request of the person.
    pub used: Timestamp,
    /// True if the device is remembered.
    pub(crate) remembered: bool,
    /// The device, as it was at the last request.
    pub(crate) device: Device,
}
