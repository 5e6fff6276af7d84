//! Filling the record from fail2ban's database: every ban has a row there, a lifted one loses its row, and one that is
//! restored after a restart gets no other.

use crate::broker::Handle;
use crate::fail2ban::database::recorded::{ReadFrom, Recorded, RecordedRow};
use crate::fail2ban::{Error, RowId};
use crate::storage::history::ends::{Gone, Standing};
use crate::storage::history::places::Mark;
use crate::storage::history::{NewRecord, ends, insert_from_database, places};
use crate::storage::{Storage, StorageError};

use super::{History, HistoryError, Source};

/// Seconds without a look after which it is not known when a ban went.
pub(super) const LATE: i64 = 60;
/// Seconds within which a look is not noted again.
const OFTEN: i64 = 30;
/// fail2ban's default age, in seconds, beyond which it forgets bans.
const PURGE_AGE: i64 = 24 * 60 * 60;
/// A longer text marks no place: marks go along with every question.
const LONGEST_MARK: usize = 200;

impl History {
    /// Brings the record up to date with fail2ban's database.
    ///
    /// # Errors
    /// When the database or our own cannot be read: then the next look goes on from where this one ended.
    pub(crate) async fn collect(&self, daemon: &Handle) -> Result<(), HistoryError> {
        let store = self.store()?;
        let looked = store.read(|connection| places::looked(connection)).await?;
        let (new, number) = self.read_new(store, daemon, looked.is_none()).await?;
        let now = jiff::Timestamp::now().as_second();
        let known = self.state.lock().rows;
        let is_late = looked.is_none_or(|looked| now - looked > LATE);
        let mut gap = None;
        if is_late || known.is_none_or(|known| number < known + new) {
            let purged = if is_late { now - self.purge_age(daemon).await } else { now };
            gap = looked.filter(|looked| is_late && *looked < purged).map(|looked| (looked, purged));
            let gone = if is_late { Gone::Meanwhile { purged, now } } else { Gone::Lifted { now } };
            if !is_late {
                store.call(move |connection| ends::run_out(connection, now)).await?;
            }
            compare(store, daemon, gone, self.oldest()).await?;
        }
        let is_noted = looked.is_some_and(|looked| (0..OFTEN).contains(&(now - looked)));
        let finish = move |connection: &mut rusqlite::Connection| {
            ends::run_out(connection, now)?;
            // Where nothing happens the disk need not be written every few seconds.
            if is_noted { Ok(()) } else { places::set_looked(connection, now, gap) }
        };
        store.call(finish).await?;
        let mut state = self.state.lock();
        state.rows = Some(number);
        (state.progress.source, state.progress.first) = (Some(Source::Database), None);
        Ok(())
    }

    /// Reads the new rows. Returns the number of bans that were not recorded, and of rows that there are.
    async fn read_new(
        &self,
        store: &Storage,
        daemon: &Handle,
        is_first: bool,
    ) -> Result<(u64, u64), HistoryError> {
        let (mut new, mut looked) = (0, 0);
        loop {
            let marks = store.read(|connection| places::marks(connection)).await?;
            let newest = marks.first().map(|mark| mark.row);
            let batch = daemon.recorded(&ReadFrom::Bans(marks.into_iter().map(row).collect())).await?;
            let (number, is_cut) = (batch.number, batch.is_cut);
            looked += batch.rows.len() as u64 + batch.unread;
            if is_first {
                self.state.lock().progress.first = Some((looked.min(number), number));
            }
            let (added, reached) = record(store, batch).await?;
            new += added;
            if !is_cut {
                return Ok((new, number));
            }
            if reached.is_none_or(|reached| newest == Some(reached)) {
                tracing::warn!("rows of fail2ban's database cannot be told apart and are not recorded");
                return Ok((new, number));
            }
        }
    }

    /// Seconds after which fail2ban forgets bans.
    async fn purge_age(&self, daemon: &Handle) -> i64 {
        let settings = daemon.server_settings().await.ok();
        let age = settings.and_then(|settings| settings.purge_age.ok().flatten());
        age.and_then(|age| i64::try_from(age).ok()).unwrap_or(PURGE_AGE)
    }
}

/// Records a batch. Returns the number of bans that were not recorded, and the row up to which it was read.
async fn record(store: &Storage, batch: Recorded) -> Result<(u64, Option<i64>), StorageError> {
    let now = jiff::Timestamp::now().as_second();
    store
        .call(move |connection| {
            let writing = connection.transaction()?;
            if batch.is_whole {
                places::forget_marks(&writing)?;
            }
            let is_short = |row: &&RecordedRow| row.banned.to_string().len() + row.jail.len() <= LONGEST_MARK;
            let mark = batch.rows.iter().rfind(is_short).map(mark);
            if let Some(mark) = &mark {
                places::mark(&writing, mark)?;
            }
            let rows: Vec<NewRecord> = batch.rows.into_iter().map(new_record).collect();
            let new = insert_from_database(&writing, &rows, now)?;
            writing.commit()?;
            Ok((new as u64, mark.map(|mark| mark.row)))
        })
        .await
}

/// Compares what stands by the record with the last ban of each address and jail, which fail2ban keeps as long as it
/// holds.
async fn compare(store: &Storage, daemon: &Handle, gone: Gone, oldest: i64) -> Result<(), HistoryError> {
    let now = jiff::Timestamp::now().as_second();
    store.call(|connection| ends::begin_to_compare(connection)).await?;
    let mut after = RowId(i64::MIN);
    loop {
        let batch = daemon.recorded(&ReadFrom::LastBans(after)).await?;
        let is_cut = batch.is_cut;
        after = batch.last.unwrap_or(after);
        let stands = |row: &RecordedRow| Standing {
            jail: row.jail.clone(),
            banned: row.banned.clone(),
            since: row.since,
        };
        let standing: Vec<Standing> = batch.rows.iter().map(stands).collect();
        // A ban that lasts is kept there for longer than in the table of all bans (`database.py`, `purge`).
        let recent = batch.rows.into_iter().filter(|row| row.since.as_second() >= oldest);
        let bans: Vec<NewRecord> = recent.map(new_record).collect();
        let note = move |connection: &mut rusqlite::Connection| {
            let writing = connection.transaction()?;
            insert_from_database(&writing, &bans, now)?;
            writing.commit()?;
            ends::stands(connection, &standing)
        };
        store.call(note).await?;
        if !is_cut {
            break;
        }
    }
    let number = store.call(move |connection| ends::compare(connection, gone)).await?;
    tracing::debug!(number, "bans are gone from fail2ban's database");
    Ok(())
}

fn new_record(row: RecordedRow) -> NewRecord {
    let RecordedRow { jail, banned, since, length, count, .. } = row;
    NewRecord { jail, banned, since, length, count: Some(count.unwrap_or_default()) }
}

fn mark(row: &RecordedRow) -> Mark {
    Mark { row: row.row.0, jail: row.jail.clone(), banned: row.banned.clone(), since: row.since }
}

fn row(mark: Mark) -> RecordedRow {
    let Mark { row, jail, banned, since } = mark;
    RecordedRow { row: RowId(row), jail, banned, since, length: None, count: None }
}

impl History {
    /// Notes that a look failed.
    pub(crate) fn failed(&self, error: &HistoryError) {
        let mut state = self.state.lock();
        match error {
            HistoryError::Absent(_) | HistoryError::Daemon(Error::Database(_)) => {}
            HistoryError::Storage(error) => {
                if !state.progress.is_unwritten {
                    tracing::error!(%error, "the record of bans cannot be written");
                }
                state.progress.is_unwritten = true;
            }
            HistoryError::Daemon(error) => {
                tracing::debug!(%error, "no ban can be recorded now");
                state.progress.source = Some(Source::Nothing);
            }
        }
    }

    /// Notes that a look was successful.
    pub(crate) fn succeeded(&self) {
        self.state.lock().progress.is_unwritten = false;
    }
}
