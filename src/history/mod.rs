//! BanGUI's own record of bans: how it is filled from what fail2ban tells, what is kept of it, and how it is asked.

mod collect;
mod from_lists;
mod from_log;
mod retention;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Notify;

use crate::domain::address::Banned;
use crate::domain::clock::Clock;
use crate::domain::history::{HistoryLimits, HistoryPage, HistoryQuery, RecordedBan};
use crate::domain::jail::JailName;
use crate::domain::lookup::NoHistory;
use crate::domain::overview::{Overview, OverviewQuery};
use crate::domain::timed_ban::TimedBan;
use crate::fail2ban;
use crate::mutex::Mutex;
use crate::storage::history::kept::Kept;
use crate::storage::history::{ends, kept, overview, search};
use crate::storage::{Storage, StorageError};

pub(crate) use from_lists::JailList;

/// Reason why the record does not take or give anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Absent {
    #[error("the record of bans is switched off")]
    SwitchedOff,
    /// The log says why.
    #[error("the file of the record of bans cannot be opened")]
    Unopened,
}

/// Error of the record.
#[derive(Debug, Error)]
pub(crate) enum HistoryError {
    #[error(transparent)]
    Absent(#[from] Absent),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Daemon(#[from] fail2ban::Error),
}

/// What the record is filled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// fail2ban's database.
    Database,
    /// The lists of the jails, because the database cannot be read.
    Lists(NoHistory),
    /// Nothing: fail2ban does not answer.
    Nothing,
}

/// How far the record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    /// `None` before the first look.
    pub(crate) source: Option<Source>,
    /// Number of rows of fail2ban's database that the first look has read, and of all; `None` once it is done.
    pub(crate) first: Option<(u64, u64)>,
    /// Number of files of fail2ban's log that the first look has read, and of all; `None` once it is done.
    pub(crate) log: Option<(usize, usize)>,
    /// True if the last attempt to write the record failed.
    pub(crate) is_unwritten: bool,
}

/// What the collector remembers from one look to the next.
#[derive(Debug, Default)]
struct State {
    progress: Progress,
    /// Number of rows of fail2ban's database.
    rows: Option<u64>,
    /// The start of fail2ban's process, as the lists last told it.
    started: Option<jiff::Timestamp>,
}

/// The record of bans. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct History {
    store: Result<Storage, Absent>,
    limits: HistoryLimits,
    clock: Clock,
    state: Arc<Mutex<State>>,
    wanted: Arc<Notify>,
}

impl History {
    /// Opens the record beside the `database`. Blocks; meant for the start of the program. That it cannot be opened
    /// keeps nothing else from working.
    pub(crate) fn open(database: &Path, clock: Clock, limits: HistoryLimits) -> Self {
        let store = if limits.days == 0 {
            Err(Absent::SwitchedOff)
        } else {
            let file = file_beside(database);
            Storage::open_history(&file).map_err(|error| {
                tracing::error!(%error, file = %file.display(), "no ban is recorded");
                Absent::Unopened
            })
        };
        Self { store, limits, clock, state: Arc::default(), wanted: Arc::default() }
    }

    fn store(&self) -> Result<&Storage, Absent> {
        self.store.as_ref().map_err(|absent| *absent)
    }

    /// Reason why there is no record.
    pub(crate) fn absent(&self) -> Option<Absent> {
        self.store.as_ref().err().copied()
    }

    pub(crate) fn limits(&self) -> HistoryLimits {
        self.limits
    }

    pub(crate) fn progress(&self) -> Progress {
        self.state.lock().progress
    }

    /// Reads a page.
    pub(crate) async fn page(&self, query: HistoryQuery) -> Result<HistoryPage, HistoryError> {
        Ok(self.store()?.read(move |connection| search::page(connection, &query)).await?)
    }

    /// Reads the figures of a dashboard.
    pub(crate) async fn overview(&self, query: OverviewQuery) -> Result<Overview, HistoryError> {
        Ok(self.store()?.read(move |connection| overview::read(connection, &query)).await?)
    }

    /// Reads the matching bans among the next `window`, and the second at which the next ones begin.
    pub(crate) async fn rows(
        &self,
        query: HistoryQuery,
        window: usize,
    ) -> Result<(Vec<RecordedBan>, Option<i64>), HistoryError> {
        Ok(self.store()?.read(move |connection| search::rows(connection, &query, window)).await?)
    }

    /// Notes that `entries` of `jail` were lifted, here by the account `by` or elsewhere.
    pub(crate) async fn lifted(&self, jail: &JailName, entries: &[Banned], by: Option<&str>) {
        let Ok(store) = self.store() else { return };
        let (jail, entries, by) = (jail.clone(), entries.to_vec(), by.map(str::to_owned));
        let now = jiff::Timestamp::now().as_second();
        let note =
            move |connection: &mut _| ends::lifted(connection, jail.as_str(), &entries, by.as_deref(), now);
        if let Err(error) = store.call(note).await {
            tracing::error!(%error, "who lifted a ban is not recorded");
        }
    }

    /// Takes what BanGUI keeps now: the next look records the same ban where fail2ban makes it anew.
    pub(crate) async fn keep(&self, bans: Vec<TimedBan>) -> Result<(), HistoryError> {
        let kept = bans.into_iter().map(|ban| Kept {
            jail: ban.jail.to_string(),
            banned: Banned::Target(ban.target),
            since: ban.began(),
            until: ban.term.until,
        });
        let kept: Vec<Kept> = kept.collect();
        Ok(self.store()?.call(move |connection| kept::set(connection, &kept)).await?)
    }

    /// Has the collector look at once: something was changed here.
    pub(crate) fn look_soon(&self) {
        self.wanted.notify_one();
    }

    /// Waits for the next look, `interval` at most. Returns true if something was changed here meanwhile.
    pub(crate) async fn next_look(&self, interval: Duration) -> bool {
        tokio::time::timeout(interval, self.wanted.notified()).await.is_ok()
    }
}

/// The file of the record beside the database `bangui.sqlite3`: `bangui-history.sqlite3`.
pub(crate) fn file_beside(database: &Path) -> PathBuf {
    let stem = database.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = format!("{stem}-history");
    if let Some(extension) = database.extension() {
        name.push('.');
        name.push_str(&extension.to_string_lossy());
    }
    database.with_file_name(name)
}
