//! Which protocol the two ends speak, and why they do not understand each other.

use thiserror::Error;

/// To be raised with every change of a request, an answer or anything in them.
pub(crate) const VERSION: u32 = 3;

pub(crate) const PROTOCOL: &str = "bangui-broker";

/// Why a stream cannot be read or written on.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The system's reason, or a frame that is longer than its limit.
    #[error(transparent)]
    Stream(#[from] std::io::Error),
    /// A frame does not hold what was due.
    #[error("{0}")]
    Unreadable(String),
    /// The other end speaks another version.
    #[error("the other end speaks {0}, this one {PROTOCOL} {VERSION}")]
    OtherVersion(String),
    /// It went before it said which version it speaks.
    #[error("it ended without a greeting")]
    NoGreeting,
    /// It did not do its part in time.
    #[error("it did not {0} in time")]
    Late(&'static str),
}
