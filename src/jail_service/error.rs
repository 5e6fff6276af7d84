//! Reasons why a request was not carried out.

use thiserror::Error;

use crate::domain::jail::JailName;
use crate::fail2ban;
use crate::fail2ban::client_program::NoRestart;
use crate::storage::StorageError;

/// Reason why a request was not carried out.
#[derive(Debug, Error)]
pub enum Error {
    /// The daemon did not answer, or refused.
    #[error(transparent)]
    Daemon(#[from] fail2ban::Error),
    /// A reload or restart is in progress, and there is only one at a time.
    #[error("a reload or restart is under way")]
    UnderWay,
    /// Another unban is in progress, and there is only one at a time.
    #[error("an unban of many is under way")]
    BulkUnderWay,
    /// The daemon cannot be restarted from here.
    #[error("no way to restart: {0:?}")]
    NoRestart(NoRestart),
    /// A jail that was stopped from here cannot be started from here: the configuration does not enable it.
    #[error("the configuration does not enable {0}")]
    NotConfigured(JailName),
    /// The text to be unbanned is no address and is not banned either. Holds the text.
    #[error("{0:?} is neither an address nor banned")]
    NotBannable(String),
    /// The jail holds no ban list entry of this name that could be sent.
    #[error("{0:?} cannot be named to fail2ban")]
    Unsendable(String),
    /// The jail's ignore list names a file, and a fail2ban of this version adds nothing beside one.
    #[error("fail2ban {version} adds nothing beside the file on the ignore list of {jail}")]
    BesideFile {
        /// The jail.
        jail: JailName,
        /// Version number, such as `1.1.1`.
        version: String,
    },
    /// fail2ban did not remove an entry of an ignore list, and still lists it.
    #[error("{entry} is still on the ignore list of {jail}")]
    StillIgnored {
        /// The jail.
        jail: JailName,
        /// The entry.
        entry: String,
    },
    /// Our own database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Returns true if `error` says that `jail` does not exist (any more).
pub(crate) fn is_unknown_jail(error: &fail2ban::Error, jail: &JailName) -> bool {
    matches!(error, fail2ban::Error::UnknownJail(name) if name == jail.as_str())
}
