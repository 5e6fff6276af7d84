//! What we ask the daemon about ignore lists (`fail2ban/server/filter.py`, `addIgnoreIP`).

use super::command::{self, Command};
use super::pickle::Value;
use super::setting::Setting;
use super::{Daemon, Error};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::JailName;

impl Daemon {
    /// The ignore list of `jail`, in no order.
    ///
    /// # Errors
    /// When there is no such jail, the daemon cannot be reached or its answer not be read.
    pub async fn ignore_list(&self, jail: &JailName) -> Result<Vec<Listed>, Error> {
        listed(self.ask(Command::Get(jail, Setting::IgnoreIp)).await?)
    }

    /// Whether `jail` ignores the addresses of the machine that it runs on.
    ///
    /// # Errors
    /// When there is no such jail, the daemon cannot be reached or its answer not be read.
    pub async fn ignores_self(&self, jail: &JailName) -> Result<bool, Error> {
        is_on(&self.ask(Command::Get(jail, Setting::IgnoreSelf)).await?)
    }

    /// Adds `entries` to the ignore list of `jail`. Returns the new list. What is on it already stays.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or the daemon does not answer.
    pub async fn ignore(&self, jail: &JailName, entries: &[IgnoreEntry]) -> Result<Vec<Listed>, Error> {
        listed(self.ask(Command::Ignore(jail, entries)).await?)
    }

    /// Removes `entry` from the ignore list of `jail`. Returns the new list. fail2ban refuses what is
    /// not on it, with a `ValueError`.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or the daemon does not answer.
    pub async fn unignore(&self, jail: &JailName, entry: &Listed) -> Result<Vec<Listed>, Error> {
        listed(self.ask(Command::Unignore(jail, &as_removed(entry))).await?)
    }

    /// Makes `jail` ignore the machine's own addresses, or not. Returns what holds now.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or the daemon does not answer.
    pub async fn set_ignore_self(&self, jail: &JailName, on: bool) -> Result<bool, Error> {
        is_on(&self.ask(Command::SetIgnoreSelf(jail, on)).await?)
    }
}

/// `entry` as fail2ban removes it. Of this one network fail2ban 1.1 does not know the text that it lists itself
/// (`fail2ban/server/ipdns.py`).
fn as_removed(entry: &Listed) -> Listed {
    match entry.as_str() {
        "::ffff:0.0.0.0/96" => Listed::from_daemon("::ffff:0:0/96".to_owned()),
        _ => entry.clone(),
    }
}

fn listed(value: Value) -> Result<Vec<Listed>, Error> {
    Ok(command::texts(value)?.into_iter().map(Listed::from_daemon).collect())
}

fn is_on(value: &Value) -> Result<bool, Error> {
    command::optional_bool(value)?.ok_or_else(|| command::unreadable("unset where true or false was due"))
}
