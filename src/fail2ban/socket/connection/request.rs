//! A request on its way to the task that owns the connection.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::fail2ban::error::Error;

pub(crate) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// A question on its way to the socket.
pub(crate) struct Pending {
    /// The request's bytes, with the end marker.
    pub(crate) bytes: Vec<u8>,
    pub(crate) max_wait: Duration,
    pub(crate) deadline: Instant,
    pub(crate) reply_limit: usize,
    pub(crate) answer: Answer<Vec<u8>>,
    /// True if a connection broke before this was written to it.
    pub(crate) retried: bool,
}

pub(crate) enum Request {
    Ask(Pending),
    PeerPid(Answer<Option<i32>>),
}

impl Request {
    /// Returns true if somebody still waits for the answer.
    pub(crate) fn is_wanted(&self) -> bool {
        match self {
            Self::Ask(question) => !question.answer.is_closed() && Instant::now() < question.deadline,
            Self::PeerPid(answer) => !answer.is_closed(),
        }
    }

    pub(crate) fn fail(self, error: Error) {
        match self {
            Self::Ask(question) => reply(question.answer, Err(error)),
            Self::PeerPid(answer) => reply(answer, Err(error)),
        }
    }
}

/// Answers the caller, if it still waits: a caller that has gone was told the deadline passed.
pub(crate) fn reply<T>(answer: Answer<T>, result: Result<T, Error>) {
    drop(answer.send(result));
}
