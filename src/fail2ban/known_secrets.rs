//! The secrets of this fail2ban, so that none of its words carries one further.
//!
//! They are those of the actions that run, and of the configuration files as they were read last. They
//! stay on this side of the broker.

use std::sync::Arc;

use crate::domain::secret::{Secrets, mask_text};
use crate::mutex::Mutex;

/// The secrets of this fail2ban; clones share them.
#[derive(Debug, Clone, Default)]
pub struct KnownSecrets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    running: Secrets,
    configured: Secrets,
    /// Both of them.
    all: Arc<Secrets>,
}

impl KnownSecrets {
    /// Returns `text` without any secret that is known, or that its place reveals.
    pub(crate) fn mask(&self, text: &str) -> String {
        let all = Arc::clone(&self.0.lock().all);
        mask_text(text, &all)
    }

    /// Replaces the secrets of the actions that run.
    pub(crate) fn set_running(&self, secrets: Secrets) {
        self.set(|known| known.running = secrets);
    }

    /// Replaces the secrets of the configuration files.
    pub(crate) fn set_configured(&self, secrets: Secrets) {
        self.set(|known| known.configured = secrets);
    }

    fn set(&self, set: impl FnOnce(&mut Known)) {
        let mut known = self.0.lock();
        set(&mut known);
        let mut all = known.running.clone();
        all.extend(known.configured.clone());
        known.all = Arc::new(all);
    }
}
