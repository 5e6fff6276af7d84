//! Logins that last: which sessions an account has, and how long one lives.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names a session in the list of one's own. It opens nothing: that is what the key in the cookie does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SessionNumber(pub i64);

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionLimits {
    /// Without being used.
    pub idle: Duration,
    /// From the login on, however much it is used.
    pub(crate) absolute: Duration,
    /// From the login on, used or not, on a device that is to be remembered.
    pub(crate) remembered: Duration,
}

/// From where and with what a session is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the browser says it is, cut to 200 characters. Anybody can say anything: shown escaped.
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
    /// Whether the device is remembered.
    pub(crate) remembered: bool,
    /// The device, as it was at the last request.
    pub(crate) device: Device,
}
