//! Reasons why the input of a form is refused.

use crate::domain::account::password::{Password, PasswordError};
use crate::domain::account::{AccountNameError, RoleError};
use crate::domain::address::TargetError;
use crate::domain::ignore::{IgnoreEntryError, NoteError};
use crate::domain::passkey::{NoPasskeys, PasskeyNameError};
use crate::domain::reload::digest::PlanDigestError;
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
                "“{text}” is not an address, network or host name. Write it like 203.0.113.7, 2001:db8::/32 or home.example.org."
            ),
            Self::Everybody => {
                "This would ignore every address, so the jail would never ban again. Stop the jail instead."
                    .to_owned()
            }
        }
    }
}

impl Explain for PasswordError {
    fn explain(&self) -> String {
        match self {
            Self::Length => {
                format!("A password has {} to {} characters.", Password::SHORTEST, Password::LONGEST)
            }
            Self::Common => {
                "This password is one of the most common ones, which are tried first. Choose another.".to_owned()
            }
            Self::Guessed => {
                "This password is too easy to guess. Use several words that have nothing to do with you, this server or the date."
                    .to_owned()
            }
        }
    }
}

impl Explain for NoPasskeys {
    fn explain(&self) -> String {
        match self {
            Self::Address => {
                "Passkeys are bound to a name: they work where you open BanGUI by its name, not by an address."
            }
            Self::NotSecure => "Passkeys work over HTTPS only, and this page came without it.",
        }
        .to_owned()
    }
}

/// Causes that are one sentence each.
macro_rules! sentences {
    ($($cause:ty: $sentence:literal,)*) => {
        $(impl Explain for $cause {
            fn explain(&self) -> String {
                $sentence.to_owned()
            }
        })*
    };
}

sentences! {
    PasskeyNameError: "A name has 1 to 40 characters that can be seen.",
    NoteError: "A note is one line of at most 200 characters.",
    AccountNameError: "A name has 1 to 64 letters, digits, dots, underscores, hyphens or @ signs.",
    RoleError: "A role is viewer, operator or administrator.",
    LogLevelError: "Choose one of the levels in the list.",
    PurgeAgeError: "Write whole seconds, from 1 to 3155760000: a day has 86400.",
    MaxMatchesError: "Write a whole number from 0 to 10000.",
    PlanDigestError: "That is not a valid plan.",
}
