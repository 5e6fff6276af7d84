//! Filling the record with the past, once: from fail2ban's log and its rotated files.

use std::collections::HashMap;

use crate::broker::Handle;
use crate::domain::address::Banned;
use crate::fail2ban::server_log::bans::{LoggedBan, LoggedChange};
use crate::fail2ban::server_log::old::LogPlace;
use crate::storage::history::{Logged, NewRecord, insert_from_log, places};

use super::{History, HistoryError};

/// Seconds within which a ban of the log is in fail2ban's database.
const WRITTEN: i64 = 10;
/// Bans recorded at once.
const AT_ONCE: usize = 1_000;

/// The bans of the log that may go on.
#[derive(Debug, Default)]
pub(super) struct OpenBans {
    /// The start, and the end that stands unless the ban is restored.
    open: HashMap<(String, Banned), (jiff::Timestamp, Option<i64>)>,
    closed: Vec<Logged>,
}

impl OpenBans {
    /// Takes the next line. An unban at the end of the jail is none where the ban is restored afterwards.
    pub(super) fn take(&mut self, line: LoggedBan) {
        let LoggedBan { at, jail, banned, change } = line;
        let key = (jail, banned);
        match change {
            LoggedChange::Banned => {
                if let Some(before) = self.open.insert(key.clone(), (at, None)) {
                    self.closed.push(logged(key, before));
                }
            }
            LoggedChange::Unbanned => {
                if let Some((_, end)) = self.open.get_mut(&key) {
                    *end = Some(at.as_second());
                }
            }
            LoggedChange::Restored => {
                if let Some((_, end)) = self.open.get_mut(&key) {
                    *end = None;
                }
            }
        }
    }

    /// Returns the bans whose end is known for certain.
    fn closed(&mut self) -> Vec<Logged> {
        std::mem::take(&mut self.closed)
    }

    /// Returns the bans that are left.
    pub(super) fn finish(mut self) -> Vec<Logged> {
        let mut all = self.closed();
        all.extend(self.open.into_iter().map(|(key, ban)| logged(key, ban)));
        all.sort_by_key(|(ban, _)| ban.since);
        all
    }
}

fn logged((jail, banned): (String, Banned), (since, ended): (jiff::Timestamp, Option<i64>)) -> Logged {
    (NewRecord { jail, banned, since, length: None, count: None }, ended)
}

impl History {
    /// Reads fail2ban's old log, unless that was done. If it is interrupted it begins again: no ban is recorded twice.
    pub(crate) async fn read_old_log(&self, daemon: &Handle) -> Result<(), HistoryError> {
        let store = self.store()?;
        if store.read(|connection| places::is_log_read(connection)).await? {
            return Ok(());
        }
        // What came later the look that was just taken, or the next one, tells better.
        let looked = store.read(|connection| places::looked(connection)).await?.unwrap_or_default();
        let until = looked - WRITTEN;
        let (mut open, mut place) = (OpenBans::default(), Some(LogPlace::default()));
        while let Some(next) = place {
            let part = daemon.logged_bans(next).await?;
            self.state.lock().progress.log = Some((next.file, part.files));
            part.bans.into_iter().for_each(|line| open.take(line));
            self.record_log(open.closed(), until).await?;
            place = part.next;
        }
        self.record_log(open.finish(), until).await?;
        store.call(|connection| places::set_log_read(connection)).await?;
        self.state.lock().progress.log = None;
        Ok(())
    }

    async fn record_log(&self, bans: Vec<Logged>, until: i64) -> Result<(), HistoryError> {
        let kept = self.oldest()..until;
        let recent: Vec<Logged> =
            bans.into_iter().filter(|(ban, _)| kept.contains(&ban.since.as_second())).collect();
        for some in recent.chunks(AT_ONCE) {
            let some = some.to_vec();
            let write = move |connection: &mut rusqlite::Connection| {
                let writing = connection.transaction()?;
                insert_from_log(&writing, &some)?;
                writing.commit()
            };
            self.store()?.call(write).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unban_at_a_restart_is_none_and_each_ban_is_one() {
        let mut open = OpenBans::default();
        let line = |second, entry, change| LoggedBan {
            at: jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::MIN),
            jail: "sshd".to_owned(),
            banned: Banned::from_daemon(entry),
            change,
        };
        for (second, entry, change) in [
            (5, "192.0.2.9", LoggedChange::Unbanned),
            (10, "192.0.2.1", LoggedChange::Banned),
            (20, "192.0.2.1", LoggedChange::Unbanned),
            (30, "192.0.2.1", LoggedChange::Restored),
            (40, "192.0.2.1", LoggedChange::Unbanned),
            (50, "192.0.2.1", LoggedChange::Banned),
            (60, "192.0.2.2", LoggedChange::Banned),
            (70, "192.0.2.2", LoggedChange::Unbanned),
        ] {
            open.take(line(second, entry, change));
        }
        let bans: Vec<(i64, String, Option<i64>)> = open
            .finish()
            .into_iter()
            .map(|(ban, ended)| (ban.since.as_second(), ban.banned.to_string(), ended))
            .collect();
        let told = |since, entry: &str, ended| (since, entry.to_owned(), ended);
        let expected =
            [told(10, "192.0.2.1", Some(40)), told(50, "192.0.2.1", None), told(60, "192.0.2.2", Some(70))];
        assert_eq!(bans, expected);
    }
}
