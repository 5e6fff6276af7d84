//! The version of the protocol between the two ends, and the errors of a stream.

use thiserror::Error;

/// Must be raised with every change of a request, an answer or anything in them.
pub(crate) const VERSION: u32 = 5;

pub(crate) const PROTOCOL: &str = "bangui-broker";

/// Reason why a stream cannot be read or written.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The system's reason, or a frame that is longer than its limit.
    #[error(transparent)]
    Stream(#[from] std::io::Error),
    /// A frame does not hold the expected value.
    #[error("{0}")]
    Unreadable(String),
    /// The other end speaks another version.
    #[error("the other end speaks {0}, this one {PROTOCOL} {VERSION}")]
    OtherVersion(String),
    /// It closed the stream before it sent its version.
    #[error("it ended without a greeting")]
    NoGreeting,
    /// It did not do its part in time.
    #[error("it did not {0} in time")]
    Late(&'static str),
}
