//! Who looks at pages, and which jails ban them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::domain::ban::Holder;
use crate::mutex::Mutex;

/// Who looks, and what is known of their bans.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    /// The addresses from which pages were opened lately.
    pub(crate) clients: Mutex<HashMap<IpAddr, Looker>>,
    /// Somebody wants to know now.
    pub(crate) wanted: Notify,
    /// Number of answers.
    pub(crate) read: watch::Sender<u64>,
    /// True if they are kept up in the background.
    pub(crate) is_kept_up: AtomicBool,
}

/// Who opened a page.
#[derive(Debug)]
pub(crate) struct Looker {
    /// The last time.
    pub(crate) last: Instant,
    /// The answer to who bans them; `None` where only the ban lists tell.
    pub(crate) held: Option<HeldThen>,
}

/// The jails that held an address.
#[derive(Debug, Clone)]
pub(crate) struct HeldThen {
    pub(crate) at: Timestamp,
    pub(crate) holders: Vec<Holder>,
    /// The generation of the connection, and of what was lifted from here.
    pub(crate) generation: u64,
    pub(crate) lifts: u64,
}
