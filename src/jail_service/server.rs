//! The daemon's own settings.

use crate::domain::broker_change::ChangeRecord;
use crate::domain::server::{LogFlush, ServerChange, ServerSettings};
use crate::events::Event;

use super::error::Error;
use super::service::JailService;

impl JailService {
    /// The daemon's database and log.
    pub(crate) async fn server_settings(&self) -> Result<ServerSettings, Error> {
        Ok(self.daemon.server_settings().await?)
    }

    /// The changes that the broker recorded; `None` where it is in this process.
    pub(crate) async fn broker_changes(&self) -> Result<Option<ChangeRecord>, Error> {
        Ok(self.daemon.changes().await?)
    }

    /// Changes `changes`, one after another, until the daemon's next reload or restart.
    ///
    /// # Errors
    /// When fail2ban refuses one of them, and with it those behind, or does not answer.
    pub async fn change_server(&self, changes: &[ServerChange]) -> Result<(), Error> {
        for change in changes {
            self.daemon.change_server(*change).await?;
            self.events.publish(Event::ServerChanged(*change)).await;
        }
        Ok(())
    }

    /// Tells the daemon to reopen its log file or to write out what it holds.
    pub(crate) async fn flush_logs(&self) -> Result<LogFlush, Error> {
        let flush = self.daemon.flush_logs().await?;
        self.events.publish(Event::LogsFlushed(flush.clone())).await;
        Ok(flush)
    }
}
