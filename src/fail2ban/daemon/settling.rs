//! Waiting until the actions of jails that were just started have done their part. fail2ban runs them in
//! threads of their own, after it has answered (`fail2ban/server/actions.py`, `run`).

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::domain::jail::JailName;
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::figures;

use super::Daemon;

/// Period without any event after which all is taken as done. Longer than a thread of actions looks
/// for bans (`fail2ban/server/utils.py`, `DEFAULT_SLEEP_INTERVAL`).
const QUIET: Duration = Duration::from_millis(500);
/// The same where earlier bans are missing: some of them may have ended meanwhile.
const QUIET_WITHOUT_ALL_BANS: Duration = Duration::from_secs(3);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

impl Daemon {
    /// Returns the number of bans that hold in each of `jails`; `None` where that is not known.
    ///
    /// # Errors
    /// Fails if the daemon does not answer.
    pub(crate) async fn bans_in(&self, jails: &[&JailName]) -> Result<Vec<Option<u64>>, Error> {
        let commands: Vec<Command<'_>> = jails.iter().map(|jail| Command::JailStatus(jail)).collect();
        let answers = self.ask_all(&commands).await?.into_iter();
        Ok(answers.map(|answer| figures::jail_status(answer).ok()?.banned_now.ok()).collect())
    }

    /// Waits until the jails that were started have their bans of `before` again, and nothing
    /// happens any more, as far as that can be seen.
    pub(crate) async fn wait_for_actions(&self, before: &BTreeMap<JailName, u64>) {
        let jails: Vec<&JailName> = before.keys().collect();
        let began = Instant::now();
        let (mut last, mut quiet_since) = (None, began);
        while began.elapsed() < LONGEST {
            let seen = match self.bans_in(&jails).await {
                Ok(seen) => seen,
                Err(error) => {
                    return tracing::warn!(%error, "whether actions have failed is not known");
                }
            };
            let is_back = before.values().zip(&seen).all(|(before, now)| *now >= Some(*before));
            if last.as_ref() != Some(&seen) || self.runs_a_command().await {
                quiet_since = Instant::now();
            } else if quiet_since.elapsed() >= if is_back { QUIET } else { QUIET_WITHOUT_ALL_BANS } {
                return;
            }
            last = Some(seen);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns true if a command of an action runs now, where the system tells it.
    async fn runs_a_command(&self) -> bool {
        let Ok(Some(process)) = self.process_id().await else { return false };
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return false };
        let has_children = |thread: fs::DirEntry| {
            fs::read(thread.path().join("children")).is_ok_and(|children| !children.is_empty())
        };
        threads.filter_map(Result::ok).any(has_children)
    }
}
