//! Time limits for clients.

use std::time::Duration;

/// Time limits for clients. Not a setting: only tests use others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Time limit for the head of a request.
    pub head: Duration,
    /// Time limit for its body.
    pub body: Duration,
    /// Time limit between two requests on a connection.
    pub keep_alive: Duration,
    /// Time limit for acknowledging what was sent to it.
    pub unread: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(15),
            // Longer than the 5 s between two looks of an open page, or the end of the one would meet
            // the next.
            keep_alive: Duration::from_secs(75),
            unread: Duration::from_secs(30),
        }
    }
}
