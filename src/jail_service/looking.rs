//! Who looks at pages, and the readings of ban lists for them.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tokio::sync::{Notify, watch};

use crate::mutex::Mutex;

/// Who looks, and the readings of lists for them.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    /// The last time that somebody opened a page.
    pub(crate) last: Mutex<Option<Instant>>,
    /// Somebody wants the lists now.
    pub(crate) wanted: Notify,
    /// Number of readings.
    pub(crate) read: watch::Sender<u64>,
    /// True if the lists are kept at hand in the background.
    pub(crate) is_kept_up: AtomicBool,
}
