//! Why what somebody wrote into a form is not taken.

use crate::domain::account::password::PasswordError;
use crate::domain::account::{AccountNameError, RoleError};
use crate::domain::address::TargetError;
use crate::domain::ignore::{IgnoreEntryError, NoteError};
use crate::domain::reload::PlanDigestError;
use crate::domain::server::{LogLevelError, MaxMatchesError, PurgeAgeError};

use super::Explain;

impl Explain for TargetError {
    fn explain(&self) -> String {
        match self {
            Self::Empty => "Write an address or a network.".to_owned(),
            Self::Unreadable(text) => format!(
                "“{text}” is not an IP address or network. Write it like 203.0.113.7, 2001:db8::1 or 203.0.113.0/24."
            ),
        }
    }
}

impl Explain for IgnoreEntryError {
    fn explain(&self) -> String {
        match self {
            Self::Empty => "Write an address, a network or a host name.".to_owned(),
            Self::Unreadable(text) => format!(
                "“{text}” is no address, network or host name. Write it like 203.0.113.7, 2001:db8::/32 or home.example.org."
            ),
            Self::Everybody => {
                "This would ignore everybody, so that the jail never bans again. Stop the jail instead."
                    .to_owned()
            }
        }
    }
}

impl Explain for PasswordError {
    fn explain(&self) -> String {
        match self {
            Self::Length => "A password has 8 to 128 characters.",
            Self::Common => {
                "This password is one of the most common ones, which are tried first. Choose another."
            }
        }
        .to_owned()
    }
}

impl Explain for NoteError {
    fn explain(&self) -> String {
        "A note is one line of at most 200 characters.".to_owned()
    }
}

impl Explain for AccountNameError {
    fn explain(&self) -> String {
        "A name has 1 to 64 letters, digits, dots, underscores, hyphens or @ signs.".to_owned()
    }
}

impl Explain for RoleError {
    fn explain(&self) -> String {
        "A role is viewer, operator or administrator.".to_owned()
    }
}

impl Explain for LogLevelError {
    fn explain(&self) -> String {
        "Choose one of the levels in the list.".to_owned()
    }
}

impl Explain for PurgeAgeError {
    fn explain(&self) -> String {
        "Write whole seconds, from 1 to 3155760000: a day has 86400.".to_owned()
    }
}

impl Explain for MaxMatchesError {
    fn explain(&self) -> String {
        "Write a whole number from 0 to 10000.".to_owned()
    }
}

impl Explain for PlanDigestError {
    fn explain(&self) -> String {
        "That is not a valid plan.".to_owned()
    }
}
