//! The comparison of the lists that were shown out of fail2ban's database with fail2ban's own.

use std::sync::atomic::Ordering;

use crate::broker::Handle;
use crate::domain::jail::JailName;
use crate::fail2ban;

use super::cache::BanLists;
use super::first_view::is_same;
use super::list::{JailBans, blocking};

impl BanLists {
    /// Reads the lists from fail2ban that were shown out of its database. Never returns.
    pub(crate) async fn confirm_first_views(&self, daemon: &Handle) {
        self.first_views.is_kept_up.store(true, Ordering::Relaxed);
        loop {
            let jail = self.first_views.next().await;
            self.first_views.quiet().await;
            if let Err(error) = self.confirm(&jail, daemon).await {
                tracing::debug!(%error, %jail, "a list from the database cannot be confirmed");
                // Who looks next meets the error.
                self.forget(&jail);
            }
        }
    }

    /// Puts fail2ban's own list of `jail` in the place of the one from the database. Who looks meanwhile does not wait
    /// for it.
    async fn confirm(&self, jail: &JailName, daemon: &Handle) -> Result<(), fail2ban::Error> {
        let slot = self.slot(jail);
        let _confirming = slot.confirming.lock().await;
        let is_unconfirmed = |shown: &JailBans| !shown.list.is_confirmed;
        if !slot.kept.lock().await.bans.as_ref().is_some_and(is_unconfirmed) {
            return Ok(());
        }
        let lifts = self.lifts();
        let fetched = self.fetch(jail, daemon).await?;
        let mut kept = slot.kept.lock().await;
        let Some(shown) = kept.bans.clone().filter(is_unconfirmed) else { return Ok(()) };
        if self.lifts() != lifts {
            // What was lifted since may still be in it.
            self.first_views.confirm_soon(jail);
            return Ok(());
        }
        let confirmed = fetched.list.agrees_with(&shown.status);
        kept.last = None;
        kept.bans = Some(fetched.clone());
        drop(kept);
        if confirmed && !blocking(move || is_same(&shown.list.table, &fetched.list.table)).await? {
            tracing::warn!(%jail, "fail2ban's database told another list than fail2ban");
            self.first_views.wrong.lock().insert(jail.clone());
        }
        Ok(())
    }
}
