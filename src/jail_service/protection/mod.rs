//! Whether the jails protect: asked for, and every few minutes by itself.

mod look;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::domain::jail::JailName;
use crate::domain::protection::{Level, Protection};
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
        self.looks.0.state()
    }

    /// Begins a look, unless one is under way.
    pub(crate) fn look_at_protection(self: &Arc<Self>) {
        if self.looks.0.begin(LookStep::Firewall) {
            let service = Arc::clone(self);
            tokio::spawn(async move { service.carry_out_look().await });
        }
    }

    /// Waits for the end of the look under way, at most `max_wait`.
    pub(crate) async fn protection_within(&self, max_wait: Duration) {
        self.looks.0.settled_within(max_wait).await;
    }

    async fn carry_out_look(&self) {
        let before = self.last_look();
        let looked = look(&self.daemon, |step| self.looks.0.update(|at| *at = step)).await.map(Arc::new);
        match &looked {
            Ok(now) => {
                for (jail, level) in worse(before.as_deref(), now) {
                    self.events.publish(Event::ProtectionWorse { jail, level }).await;
                }
            }
            Err(error) => tracing::warn!(%error, "whether the jails protect could not be looked at"),
        }
        self.looks.0.finish(looked);
    }

    /// What the last look found; `None` before the first, and where the last one failed.
    pub(crate) fn last_look(&self) -> Option<Arc<Protection>> {
        self.looks.0.state().last?.outcome.ok()
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

/// The jails that protect less than at the look before, or badly at the first one.
fn worse(before: Option<&Protection>, now: &Protection) -> Vec<(JailName, Level)> {
    let levels = |protection: &Protection| -> BTreeMap<JailName, Level> {
        protection.jails.iter().map(|jail| (jail.jail.clone(), jail.level())).collect()
    };
    let before = before.map(levels).unwrap_or_default();
    let is_worse = |(jail, level): &(JailName, Level)| {
        *level >= Level::LookAt && before.get(jail).is_none_or(|before| before < level)
    };
    levels(now).into_iter().filter(is_worse).collect()
}
