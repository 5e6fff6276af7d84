//! Filling the record from the lists of the jails, where fail2ban's database cannot be read.

use jiff::Timestamp;

use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::domain::lookup::NoHistory;
use crate::storage::history::ends::{Gone, Standing};
use crate::storage::history::{NewRecord, ends, insert_from_list, places};

use super::{History, HistoryError, Source};

/// Seconds without a list after which bans may have come and gone.
const LONGEST: i64 = 180;

/// The list of one jail.
#[derive(Debug, Clone)]
pub(crate) struct JailList {
    pub(crate) jail: JailName,
    pub(crate) bans: Vec<Ban>,
    /// The start of fail2ban's process, where the system tells it.
    pub(crate) started: Option<Timestamp>,
}

impl History {
    /// Brings the record up to date with `lists`. `reason` says why fail2ban's database does not tell.
    pub(crate) async fn note_lists(
        &self,
        lists: Vec<JailList>,
        reason: NoHistory,
    ) -> Result<(), HistoryError> {
        let store = self.store()?;
        let now = Timestamp::now().as_second();
        let started = lists.iter().find_map(|list| list.started);
        let was_restarted = {
            let mut state = self.state.lock();
            state.rows = None;
            (state.progress.source, state.progress.first) = (Some(Source::Lists(reason)), None);
            let before = std::mem::replace(&mut state.started, started);
            before.is_some() && before != started
        };
        let note = move |connection: &mut rusqlite::Connection| {
            let looked = places::looked(connection)?;
            let is_late = looked.is_none_or(|looked| now - looked > LONGEST);
            ends::run_out(connection, now)?;
            ends::begin_to_compare(connection)?;
            for list in &lists {
                note_list(connection, list)?;
            }
            // Without a database fail2ban forgets its bans when it is restarted.
            let gone = if was_restarted || is_late { Gone::Unknown { now } } else { Gone::Lifted { now } };
            ends::compare(connection, gone)?;
            places::set_looked(connection, now, looked.filter(|_| is_late).map(|looked| (looked, now)))
        };
        Ok(store.call(note).await?)
    }
}

fn note_list(connection: &mut rusqlite::Connection, list: &JailList) -> rusqlite::Result<()> {
    let jail = list.jail.to_string();
    let new = |ban: &Ban| NewRecord {
        jail: jail.clone(),
        banned: ban.banned.clone(),
        since: ban.since,
        length: Some(ban.length),
        count: None,
    };
    let stands = |ban: &Ban| Standing { jail: jail.clone(), banned: ban.banned.clone(), since: ban.since };
    let bans: Vec<NewRecord> = list.bans.iter().map(new).collect();
    let standing: Vec<Standing> = list.bans.iter().map(stands).collect();
    let writing = connection.transaction()?;
    insert_from_list(&writing, &bans)?;
    ends::is_asked(&writing, &jail)?;
    writing.commit()?;
    ends::stands(connection, &standing)
}
