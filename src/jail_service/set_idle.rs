//! Letting a jail rest, and waking it.

use crate::domain::jail::JailName;
use crate::events::Event;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;

impl JailService {
    /// Returns whether `jail` is idle, as far as it was set from here since it started; `None`
    /// where it was not.
    #[must_use]
    pub fn idle(&self, jail: &JailName) -> Option<bool> {
        let generation = self.daemon.generation();
        self.idle.set.lock().get(jail).filter(|(of, _)| *of == generation).map(|(_, on)| *on)
    }

    /// Lets `jail` rest, or wakes it. Returns whether it rests now.
    pub(crate) async fn set_idle(&self, jail: &JailName, on: bool) -> Result<bool, Error> {
        // Forgotten first: after an answer that did not come it is not known.
        self.idle.forget(Some(jail));
        let rests = self.daemon.set_idle(jail, on).await?;
        self.idle.set.lock().insert(jail.clone(), (self.daemon.generation(), rests));
        self.events.publish(Event::IdleSet { jail: jail.clone(), on: rests }).await;
        Ok(rests)
    }
}
