//! Questions to the daemon about ignore lists (`fail2ban/server/filter.py`, `addIgnoreIP`).

use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailName, Reading};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::Setting;

use super::Daemon;

impl Daemon {
    /// The ignore list of `jail`, in no order.
    pub(crate) async fn ignore_list(&self, jail: &JailName) -> Result<Vec<Listed>, Error> {
        listed(self.ask(Command::Get(jail, Setting::IgnoreIp)).await?)
    }

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

    /// Returns true if `jail` ignores the addresses of the machine that it runs on.
    pub(crate) async fn ignores_self(&self, jail: &JailName) -> Result<bool, Error> {
        is_on(&self.ask(Command::Get(jail, Setting::IgnoreSelf)).await?)
    }

    /// Adds `entries` to the ignore list of `jail`. Returns the new list. Entries that are on it
    /// already stay.
    pub async fn ignore(&self, jail: &JailName, entries: &[IgnoreEntry]) -> Result<Vec<Listed>, Error> {
        listed(self.ask(Command::Ignore(jail, entries)).await?)
    }

    /// Removes `entry` from the ignore list of `jail`. Returns the new list. fail2ban refuses an
    /// entry that is not on it, with a `ValueError`.
    pub(crate) async fn unignore(&self, jail: &JailName, entry: &Listed) -> Result<Vec<Listed>, Error> {
        if entry.argument().is_none() {
            return Err(Error::UnsafeArgument(entry.to_string()));
        }
        listed(self.ask(Command::Unignore(jail, entry)).await?)
    }

    /// Makes `jail` ignore the machine's own addresses, or not. Returns the setting that holds now.
    pub(crate) async fn set_ignore_self(&self, jail: &JailName, on: bool) -> Result<bool, Error> {
        is_on(&self.ask(Command::SetIgnoreSelf(jail, on)).await?)
    }
}

/// Reads an ignore list.
pub(crate) fn listed(value: Value) -> Result<Vec<Listed>, Error> {
    Ok(command::list(value)?.into_iter().map(entry).collect())
}

/// An entry: a text, or since 1.1.1 the addresses in a file (`fail2ban/server/ipdns.py`, `FileIPAddrSet`).
fn entry(value: Value) -> Listed {
    match value {
        Value::Text(text) => Listed::from_daemon(text),
        Value::Object(object) => match object.attribute("fileName") {
            Some(Value::Text(path)) if object.class == "FileIPAddrSet" => Listed::File(path.clone()),
            _ => Listed::Other(Value::Object(object).summary()),
        },
        other => Listed::Other(other.summary()),
    }
}

fn is_on(value: &Value) -> Result<bool, Error> {
    command::optional_bool(value)?.ok_or_else(|| command::odd(value, "true or false"))
}
