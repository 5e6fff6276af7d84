//! Ending a jail and making it idle.

use crate::domain::action_failure::ActionFailure;
use crate::domain::jail::JailName;
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::ServerSetting;
use crate::fail2ban::protocol::{command, values};

use super::Daemon;

impl Daemon {
    /// Ends `jail`: its bans are lifted and it is removed from the daemon (`fail2ban/server/server.py`,
    /// `delJail`). Where fail2ban has a database the bans stay in it. Returns the actions that failed.
    pub async fn stop(&self, jail: &JailName) -> Result<Vec<ActionFailure>, Error> {
        let (_, failures) = self.ask_and_watch_actions(Command::Stop(jail), jail, |_| true).await?;
        Ok(failures)
    }

    /// Makes `jail` idle, or wakes it. Returns true if it is idle now.
    pub(crate) async fn set_idle(&self, jail: &JailName, on: bool) -> Result<bool, Error> {
        let answer = self.ask(Command::Idle(jail, on)).await?;
        command::optional_bool(&answer)?.ok_or_else(|| command::unreadable("neither idle nor not"))
    }

    /// Returns true if fail2ban keeps bans in a database, so that they outlive their jail.
    pub(crate) async fn keeps_bans(&self) -> Result<bool, Error> {
        Ok(values::optional_text(&self.ask(Command::GetServer(ServerSetting::Database)).await?)?.is_some())
    }
}
