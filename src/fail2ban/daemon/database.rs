//! Questions that fail2ban's database answers: earlier bans, and the newest ones.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::domain::lookup::{History, NoHistory};
use crate::fail2ban::database;
use crate::fail2ban::database::new_bans;
use crate::fail2ban::database::new_bans::{NewBan, RowId};
use crate::fail2ban::database::recorded;
use crate::fail2ban::database::recorded::{ReadFrom, Recorded};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::ServerSetting;

use super::Daemon;

/// fail2ban's name for a database that is in no file (`fail2ban/client/fail2banreader.py`).
const IN_MEMORY: &str = ":memory:";

impl Daemon {
    /// Returns the bans of `asked` that fail2ban's database remembers.
    pub(crate) async fn history(&self, asked: &Banned) -> Result<History, Error> {
        let asked = asked.clone();
        self.in_database(move |file| database::read_history(file, &asked)).await
    }

    /// The last row of fail2ban's database of bans.
    pub(crate) async fn newest_ban(&self) -> Result<RowId, Error> {
        self.in_database(new_bans::newest).await
    }

    /// The time of the last ban of each jail in fail2ban's database.
    pub(crate) async fn last_bans(&self) -> Result<Vec<(JailName, Timestamp)>, Error> {
        self.in_database(new_bans::last_of_each_jail).await
    }

    /// A batch of the rows of its database.
    pub(crate) async fn recorded(&self, from: ReadFrom) -> Result<Recorded, Error> {
        self.in_database(move |file| recorded::read(file, &from)).await
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
