//! Looks at whether the jails protect: the one under way and the last one.

use std::sync::Arc;

use crate::domain::protection::{KnownLevels, Protection};
use crate::fail2ban;
use crate::mutex::Mutex;

use super::progress::single_flight::SingleFlight;

/// How far a look is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookStep {
    /// At the firewall, for all jails at once.
    Firewall,
    /// At the logs and who listens.
    Logs,
    /// At the filters, each on its log.
    Filters,
    /// At the settings.
    Settings,
}

/// The outcome of a look.
pub(crate) type Looked = Result<Arc<Protection>, fail2ban::Error>;

/// The look under way and the last one.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub(crate) flight: SingleFlight<LookStep, Looked>,
    pub(crate) known: Mutex<KnownLevels>,
}
