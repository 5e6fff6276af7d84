//! Whether the jails protect: asked for, and every few minutes by itself.

mod look;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::domain::protection::Protection;
use crate::events::Event;
use crate::jail_service::looks::{LookStep, Looked};
use crate::jail_service::progress::single_flight::Flight;
use crate::jail_service::service::JailService;

pub(crate) use look::look;

/// The time before the first look by itself, when fail2ban may still start.
const FIRST: Duration = Duration::from_mins(3);
/// The time between two looks by itself.
const INTERVAL: Duration = Duration::from_mins(15);

impl JailService {
    /// The look under way and the last one.
    pub(crate) fn protection(&self) -> Flight<LookStep, Looked> {
        self.looks.flight.state()
    }

    /// Begins a look, unless one is under way.
    pub(crate) fn look_at_protection(self: &Arc<Self>) {
        if self.looks.flight.begin(LookStep::Firewall) {
            let service = Arc::clone(self);
            tokio::spawn(async move { service.carry_out_look().await });
        }
    }

    /// Waits for the end of the look under way, at most `max_wait`.
    pub(crate) async fn protection_within(&self, max_wait: Duration) {
        self.looks.flight.settled_within(max_wait).await;
    }

    async fn carry_out_look(&self) {
        let looked = look(&self.daemon, |step| self.looks.flight.update(|at| *at = step)).await.map(Arc::new);
        match &looked {
            Ok(now) => {
                let worse = self.looks.known.lock().learn(&now.jails);
                for worse in worse {
                    self.events.publish(Event::ProtectionWorse(worse)).await;
                }
            }
            Err(error) => tracing::warn!(%error, "whether the jails protect could not be looked at"),
        }
        self.looks.flight.finish(looked);
    }

    /// What the last look found; `None` before the first, and where the last one failed.
    pub(crate) fn last_look(&self) -> Option<Arc<Protection>> {
        self.looks.flight.state().last?.outcome.ok()
    }

    /// Looks every few minutes. Never returns.
    pub(crate) async fn keep_looking(self: Arc<Self>) {
        sleep(FIRST).await;
        loop {
            self.look_at_protection();
            sleep(INTERVAL).await;
        }
    }
}
