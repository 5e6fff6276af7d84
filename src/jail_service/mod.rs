//! What a person does with jails. The web handlers call this and nothing below it.

mod all_bans;
mod audit;
mod ban_again;
mod ban_context;
mod ban_list;
mod ban_lists;
mod bans;
mod bulk;
mod catch_up;
mod configured;
mod control;
mod entries;
mod idle;
mod ignore_list;
mod kept_ignores;
mod lifted;
mod listing;
mod lookup;
mod recent;
mod refusals;
mod restarting;
mod server;
mod standing;
mod start_stop;
mod unban_many;
mod work;

use std::sync::Arc;

use thiserror::Error;

use crate::domain::ignore::Listed;
use crate::domain::jail::{JailList, JailName, JailSummaries, JailSummary};
use crate::domain::jail_detail::JailDetail;
use crate::fail2ban::{self, Handle};
use crate::storage::{Storage, StorageError};

use recent::Recent;

pub use all_bans::{AllBans, Gap, Missing};
pub use ban_again::BannedAgain;
pub use ban_context::{BanContext, Restart};
pub use ban_list::{BanList, JailBans};
pub use bans::{Held, Holder, LatestBan, Unbanned};
pub use bulk::{
    ActionsFailed, BulkFinished, BulkRunning, BulkState, Filter, MOST_UNDONE, NotLifted, Report, Selection,
    Which,
};
pub use entries::Entries;
pub use ignore_list::{IgnoreList, IgnoreRow, Ignored, Keep, Unignored};
pub use lifted::Lifted;
pub use lookup::LookUp;
pub use recent::Freshness;
pub use refusals::unfit;
pub use start_stop::{Presence, StopEffect};
pub use work::{Finished, Job, Outcome, Running, Step, WorkState};

/// Why something that was asked for was not done.
#[derive(Debug, Error)]
pub enum Error {
    /// The daemon did not answer, or refused.
    #[error(transparent)]
    Daemon(#[from] fail2ban::Error),
    /// A reload or restart is under way, and there is only one at a time.
    #[error("a reload or restart is under way")]
    UnderWay,
    /// An unban of many is under way, and there is only one at a time.
    #[error("an unban of many is under way")]
    BulkUnderWay,
    /// The daemon cannot be restarted from here. Holds the reason.
    #[error("no way to restart: {0}")]
    NoRestart(String),
    /// What is to be unbanned is no address and is not banned either. Holds the text.
    #[error("{0:?} is neither an address nor banned")]
    NotBannable(String),
    /// The jail holds no ban list entry of this name that could be sent.
    #[error("{0:?} cannot be named to fail2ban")]
    Unsendable(String),
    /// Our own database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What the daemon said lately.
#[derive(Debug, Default)]
struct Answers {
    version: Recent<(), String>,
    jail_list: Recent<(), JailList>,
    summaries: Recent<(), Arc<JailSummaries>>,
    summary: Recent<JailName, JailSummary>,
    detail: Recent<JailName, Arc<JailDetail>>,
    ignore_list: Recent<JailName, Vec<Listed>>,
    ignores_self: Recent<JailName, bool>,
    readers_of_the_log: Recent<(), Vec<JailName>>,
}

/// The jails of one fail2ban.
#[derive(Debug)]
pub struct JailService {
    daemon: Handle,
    storage: Storage,
    ban_lists: ban_lists::BanLists,
    recent: Answers,
    work: work::Work,
    configured: configured::Configured,
    idle: idle::Idle,
    restarts: ban_context::Restarts,
    /// Held by whoever changes an ignore list, so that nothing is put back that is just being removed.
    ignoring: tokio::sync::Mutex<()>,
    /// Held by whoever looks at what a reload would do: to find out runs Python programs.
    previewing: tokio::sync::Mutex<()>,
    standing: standing::Standing,
    bulk: bulk::Bulk,
}

impl JailService {
    /// The service over one daemon. `storage` gets the audit's rows of work that has ended.
    #[must_use]
    pub fn new(daemon: Handle, storage: Storage) -> Arc<Self> {
        Arc::new(Self {
            daemon,
            storage,
            ban_lists: ban_lists::BanLists::default(),
            recent: Answers::default(),
            work: work::Work::default(),
            configured: configured::Configured::default(),
            idle: idle::Idle::default(),
            restarts: ban_context::Restarts::default(),
            ignoring: tokio::sync::Mutex::default(),
            previewing: tokio::sync::Mutex::default(),
            standing: standing::Standing::default(),
            bulk: bulk::Bulk::default(),
        })
    }
}

impl JailService {
    /// Forgets the settings that were read, which are shown again for some seconds: something was changed.
    fn forget_settings(&self) {
        self.recent.summaries.forget();
        self.recent.summary.forget();
        self.recent.detail.forget();
        self.recent.readers_of_the_log.forget();
    }
}

/// Whether `error` says that `jail` does not exist (any more).
fn is_unknown_jail(error: &fail2ban::Error, jail: &JailName) -> bool {
    matches!(error, fail2ban::Error::UnknownJail(name) if name == jail.as_str())
}
