//! Facts that are needed beside a ban to interpret its times.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::ban::Ban;
use crate::domain::jail::JailName;
use crate::events::job::Job;
use crate::mutex::Mutex;

use super::progress::job::JobRunning;

/// Accuracy of the start time of fail2ban's process, in seconds: the system counts from its boot.
const START_TOLERANCE: i64 = 2;

/// An end and start of a jail: its bans were lifted, and those that fail2ban has kept were set again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restart {
    /// Time at which the restart began.
    pub at: Timestamp,
    /// The job that was run here and the account that started it; `None` where only fail2ban's own
    /// start is known.
    pub work: Option<(Job, String)>,
}

/// Facts that are needed beside the bans of one jail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BanContext {
    /// True if fail2ban's time zone is known. Otherwise times are as fail2ban prints them, taken as
    /// UTC.
    pub(crate) is_zone_known: bool,
    /// True if the jail is idle, as far as it was set from here.
    pub(crate) is_idle: bool,
    /// Time at which the list was accurate.
    pub(crate) as_of: Timestamp,
    /// The last restart of the jail that is known.
    pub restart: Option<Restart>,
}

impl BanContext {
    /// Returns the context of a list of `as_of` about which nothing else is known.
    pub(crate) fn unknown(as_of: Timestamp) -> Self {
        Self { is_zone_known: false, is_idle: false, as_of, restart: None }
    }

    /// The restart that `ban` has survived.
    #[must_use]
    pub(crate) fn restart_since(&self, ban: &Ban) -> Option<&Restart> {
        let restart = self.restart.as_ref().filter(|_| self.is_zone_known)?;
        let tolerance = if restart.work.is_none() { START_TOLERANCE } else { 0 };
        (ban.since.as_second() + tolerance < restart.at.as_second()).then_some(restart)
    }
}

/// The restarts that were done here.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    done: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Done {
    jails: HashMap<JailName, Restart>,
    /// The last one of fail2ban itself, and when the new process had its jails again.
    daemon: Option<(Restart, Timestamp)>,
}

impl Restarts {
    /// Remembers work that has just ended well, where it was a restart.
    pub(crate) fn remember(&self, work: &JobRunning) {
        let restart = Restart { at: work.since, work: Some((work.job.clone(), work.by.clone())) };
        match &work.job {
            Job::RestartJail(jail) | Job::StartJail(jail) => {
                drop(self.done.lock().jails.insert(jail.clone(), restart));
            }
            Job::Restart | Job::Start => self.done.lock().daemon = Some((restart, Timestamp::now())),
            Job::ReloadJail(_) | Job::ReloadAll => {}
        }
    }

    /// The last restart of `jail`, by itself or with fail2ban, whose process `started` then.
    pub(crate) fn last(&self, jail: &JailName, started: Option<Timestamp>) -> Option<Restart> {
        let done = self.done.lock();
        // The process that a restart from here has started is that restart.
        let is_from_here = |at: &Timestamp| done.daemon.as_ref().is_some_and(|(_, until)| at <= until);
        let elsewhere = started.filter(|at| !is_from_here(at)).map(|at| Restart { at, work: None });
        let of_daemon = done.daemon.as_ref().map(|(restart, _)| restart.clone());
        let known = [done.jails.get(jail).cloned(), of_daemon, elsewhere];
        known.into_iter().flatten().max_by_key(|restart| restart.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::job::Step;
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    fn work(job: Job, since: i64) -> JobRunning {
        JobRunning { job, by: "admin".to_owned(), since: second(since), step: Step::Waiting, plan: None }
    }

    #[test]
    fn the_process_that_a_restart_from_here_started_is_no_further_restart()
    -> Result<(), Box<dyn std::error::Error>> {
        let (restarts, sshd) = (Restarts::default(), "sshd".parse::<JailName>()?);
        let last = |started| {
            restarts.last(&sshd, Some(second(started))).map(|last| (last.at.as_second(), last.work.is_some()))
        };
        assert_eq!(last(100), Some((100, false)));
        restarts.remember(&work(Job::Restart, 200));
        assert_eq!(last(210), Some((200, true)));
        restarts.remember(&work(Job::ReloadAll, 300));
        restarts.remember(&work(Job::RestartJail("other".parse()?), 300));
        assert_eq!(last(210), Some((200, true)));
        restarts.remember(&work(Job::RestartJail(sshd.clone()), 400));
        assert_eq!(last(210), Some((400, true)));
        let later = Timestamp::now().as_second() + 100;
        assert_eq!(last(later), Some((later, false)));
        Ok(())
    }
}
