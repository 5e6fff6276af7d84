//! Questions of a look-up to the daemon and to its database.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ignore::Listed;
use crate::domain::jail::{JailName, Reading};
use crate::domain::lookup::{History, NoHistory};
use crate::fail2ban::daemon::Daemon;
use crate::fail2ban::daemon::ignore_list::listed;
use crate::fail2ban::database;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::{ServerSetting, Setting};

use super::new_bans;
use super::new_bans::{NewBan, RowId};

/// fail2ban's name for a database that is in no file (`fail2ban/client/fail2banreader.py`).
const IN_MEMORY: &str = ":memory:";

impl Daemon {
    /// Reads the ignore list of every jail, in two rounds: the names, then all lists at once. A
    /// list that cannot be read is reported in its place; a jail that ends meanwhile is left out.
    pub async fn ignore_lists(&self) -> Result<Vec<(JailName, Reading<Vec<Listed>>)>, Error> {
        let names = self.jail_names().await?;
        let commands: Vec<Command<'_>> =
            names.iter().map(|name| Command::Get(name, Setting::IgnoreIp)).collect();
        let answers = self.ask_all(&commands).await?;
        let known = names
            .into_iter()
            .zip(answers)
            .filter(|(_, answer)| !matches!(answer, Err(Error::UnknownJail(_))));
        Ok(known.map(|(name, answer)| (name, reading(answer.and_then(listed)))).collect())
    }

    /// Returns the bans of `asked` that fail2ban's database remembers.
    pub(crate) async fn history(&self, asked: &Banned) -> Result<History, Error> {
        let asked = asked.clone();
        self.in_database(move |file| database::read_history(file, &asked)).await
    }

    /// The last row of fail2ban's database of bans.
    pub(crate) async fn newest_ban(&self) -> Result<RowId, Error> {
        self.in_database(new_bans::newest).await
    }

    /// Returns the bans of `jail` that were added to its database after the row `mark`, the oldest
    /// first. `since` is the time when the last of them was already known.
    pub(crate) async fn bans_after(
        &self,
        jail: &JailName,
        mark: RowId,
        since: Timestamp,
    ) -> Result<Vec<NewBan>, Error> {
        let jail = jail.clone();
        self.in_database(move |file| new_bans::after(file, &jail, mark, since)).await
    }

    /// Returns the result of `read` on fail2ban's database.
    pub(crate) async fn in_database<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Path) -> Result<T, NoHistory> + Send + 'static,
    ) -> Result<T, Error> {
        let file = match self.database_file().await {
            Ok(file) => file,
            Err(error) if error.is_of_the_connection() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "fail2ban did not tell its database");
                return Err(NoHistory::NotTold.into());
            }
        };
        let file = match file {
            None => return Err(NoHistory::SwitchedOff.into()),
            Some(file) if file == IN_MEMORY => return Err(NoHistory::InMemory.into()),
            Some(file) => PathBuf::from(file),
        };
        let read = tokio::task::spawn_blocking(move || read(&file));
        Ok(read.await.map_err(|error| Error::Unreadable(error.to_string()))??)
    }

    /// fail2ban's database file; `None` where it is switched off.
    async fn database_file(&self) -> Result<Option<String>, Error> {
        match self.ask(Command::GetServer(ServerSetting::Database)).await? {
            Value::None => Ok(None),
            file => command::text(file).map(Some),
        }
    }
}
