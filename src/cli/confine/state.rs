//! Extent to which a restriction holds, and the reason why it could not be set.

use std::fmt;

/// Extent to which a restriction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It does.
    Full,
    /// It holds as far as this kernel knows it.
    Part,
    /// This kernel does not know it, or a filter around this process forbids it.
    Unknown,
    /// There is no broker.
    NotMeant,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "restricted",
            Self::Part => "restricted as far as this kernel supports it",
            Self::Unknown => "not restricted, because this system does not support it",
            Self::NotMeant => "not restricted",
        })
    }
}

/// Reason why a restriction could not be made that the kernel knows.
#[derive(Debug, thiserror::Error)]
#[error("this process cannot give up rights that it does not need: {0}")]
pub(crate) struct ConfineError(String);

impl ConfineError {
    pub(crate) fn new(cause: &impl ToString) -> Self {
        Self(cause.to_string())
    }
}
