//! Jails that the configuration would start, cached for a moment: finding them out runs a Python
//! program.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::broker::Handle;
use crate::domain::jail::JailName;
use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;
use crate::mutex;

/// Longest time for which an answer is shown again: the table of jails asks every five seconds.
const LONGEST: Duration = Duration::from_mins(1);
/// The same for the head of every page, for which nobody waits: reading takes a second of Python.
const LONGEST_FOR_THE_HEAD: Duration = Duration::from_mins(10);

/// Reason why it is not known which jails the configuration would start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConfigurationUnread {
    /// The broker did not answer.
    Unanswered,
    /// There is no fail2ban-client.
    NotInstalled,
    /// fail2ban-client did not read it in time.
    Late,
    /// fail2ban-client cannot read it.
    Failed,
}

/// The last reading and its time. The lock is held during a reading, so that everybody waits for
/// the same one.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    kept: Mutex<Option<Kept>>,
    /// The jails of the last reading that told them, for whoever does not wait for the next.
    last: mutex::Mutex<Vec<JailName>>,
}

#[derive(Debug)]
struct Kept {
    read: Instant,
    jails: Result<Vec<JailName>, ConfigurationUnread>,
    /// Jails that ran then: a change of them, whoever made it, may follow a change of the files.
    running: Option<Vec<JailName>>,
}

impl Configured {
    pub(crate) async fn jails(
        &self,
        daemon: &Handle,
        running: Option<&[JailName]>,
    ) -> Result<Vec<JailName>, ConfigurationUnread> {
        let mut kept = self.kept.lock().await;
        if let Some(Kept { read, jails, running: then }) = kept.as_mut() {
            let is_as_then = running.is_none_or(|now| then.as_deref().is_none_or(|then| then == now));
            if read.elapsed() < LONGEST && is_as_then {
                *then = running.map(<[JailName]>::to_vec).or_else(|| then.take());
                return jails.clone();
            }
        }
        let jails = match daemon.configured_jails().await {
            Ok(jails) => Ok(jails),
            Err(fail2ban::Error::Client(error)) => Err(unread(&error)),
            Err(error) => return Err(unanswered(&error)),
        };
        let running = running.map(<[JailName]>::to_vec);
        if let Ok(jails) = &jails {
            self.last.lock().clone_from(jails);
        }
        *kept = Some(Kept { read: Instant::now(), jails: jails.clone(), running });
        jails
    }

    /// Returns the jails of the last reading that told them, without waiting for one, none where there was none; and
    /// true if it is time to read again.
    pub(crate) fn at_hand(&self, running: &[JailName]) -> (Vec<JailName>, bool) {
        let last = || self.last.lock().clone();
        let Ok(kept) = self.kept.try_lock() else { return (last(), false) };
        let is_due = kept.as_ref().is_none_or(|kept| {
            let is_as_then = kept.running.as_deref().is_none_or(|then| then == running);
            !is_as_then || kept.read.elapsed() > LONGEST_FOR_THE_HEAD
        });
        (last(), is_due)
    }

    /// Drops the reading, so that the next request reads it again.
    pub(crate) async fn forget(&self) {
        *self.kept.lock().await = None;
        self.last.lock().clear();
    }
}

/// Returns the reason without caching it: it may pass in a moment.
fn unanswered(error: &fail2ban::Error) -> ConfigurationUnread {
    tracing::warn!(%error, "the configured jails are not known");
    ConfigurationUnread::Unanswered
}

fn unread(error: &ClientError) -> ConfigurationUnread {
    tracing::warn!(%error, "the configured jails are not known");
    match error {
        ClientError::NotInstalled { .. } => ConfigurationUnread::NotInstalled,
        ClientError::Deadline(_) => ConfigurationUnread::Late,
        _ => ConfigurationUnread::Failed,
    }
}
