//! Whether protection is on, as far as fail2ban tells.

use jiff::Timestamp;

use crate::domain::protection::{Level, Protection};
use crate::domain::text;
use crate::web::problem::description;
use crate::web::view::format;
use crate::web::view::messages::{health, job, protection as words};
use crate::web::view::page::DaemonState;

/// Whether protection is on.
pub(super) struct Verdict {
    pub(super) kind: Kind,
    pub(super) title: String,
    /// What is not well: a jail with its state, or a sentence.
    pub(super) jails: Vec<(String, &'static str)>,
    pub(super) sentences: Vec<String>,
    /// True if the title says that protection is on.
    is_on: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    Warning,
    Bad,
}

impl Verdict {
    /// The verdict on what fail2ban answered, whether a reload lost jails, and jails that went quiet.
    pub(super) fn of(daemon: Option<&DaemonState>, has_lost_jails: bool, quiet: Vec<String>) -> Self {
        let (kind, title, jails) = match daemon {
            Some(DaemonState::Answers(health)) if is_coming_back(daemon) => {
                (Kind::Warning, health::in_short(health), Vec::new())
            }
            Some(DaemonState::Answers(health)) if health.is_well() => {
                let jails = if health.running == 1 { "jail is" } else { "jails are" };
                let number = format::number(health.running);
                (Kind::Good, format!("Protection is on: {number} {jails} running"), Vec::new())
            }
            Some(DaemonState::Answers(health)) => {
                let kind = if health.running == 0 { Kind::Bad } else { Kind::Warning };
                let troubles = health.troubles.iter();
                let jails = troubles.map(|(jail, trouble)| (text::escaped(jail), health::state(trouble)));
                (kind, health::in_short(health), jails.collect())
            }
            Some(DaemonState::Restarting { restart, .. }) => {
                (Kind::Warning, job::under_way(&restart.job).to_owned(), Vec::new())
            }
            Some(DaemonState::Unavailable(error)) => {
                (Kind::Bad, description::describe_daemon_error(error).title, Vec::new())
            }
            None => (Kind::Bad, "Whether protection is on is not known".to_owned(), Vec::new()),
        };
        let is_on = kind == Kind::Good;
        let mut verdict = Self { kind, title, jails, sentences: quiet, is_on };
        if is_coming_back(daemon) {
            verdict.sentences = vec!["Until all jails are back, not everything is watched.".to_owned()];
            return verdict;
        }
        if has_lost_jails {
            verdict.kind = Kind::Bad;
        }
        if verdict.kind == Kind::Good && !verdict.sentences.is_empty() {
            verdict.kind = Kind::Warning;
        }
        verdict
    }

    /// The same with what the last check of the firewall and the logs found.
    pub(super) fn looked_at(mut self, protection: Option<&Protection>, now: &Timestamp) -> Self {
        let Some(protection) = protection else { return self };
        for jail in protection.jails.iter().filter(|jail| jail.level() >= Level::LookAt) {
            if !self.jails.iter().any(|(told, _)| *told == jail.jail.as_str()) {
                self.sentences.push(words::on_dashboard(&jail.jail, jail.level(), &protection.at, now));
            }
        }
        match protection.worst() {
            Level::DoesNotProtect => {
                self.kind = Kind::Bad;
                if self.is_on {
                    "fail2ban runs, but not every jail protected".clone_into(&mut self.title);
                }
            }
            Level::LookAt if self.kind == Kind::Good => self.kind = Kind::Warning,
            Level::LookAt | Level::Unknown | Level::Works => {}
        }
        self
    }

    /// The same while bans come back behind a restart: `sentence` says how far that is.
    pub(super) fn restoring(mut self, sentence: Option<String>) -> Self {
        if let Some(sentence) = sentence {
            self.sentences.push(sentence);
            if self.kind == Kind::Good {
                self.kind = Kind::Warning;
            }
        }
        self
    }

    /// The class of its card.
    pub(super) fn class(&self) -> &'static str {
        match self.kind {
            Kind::Good => "good",
            Kind::Warning => "warn",
            Kind::Bad => "bad",
        }
    }
}

/// Returns true while fail2ban is being restarted or comes up: nothing that it answers then is lasting.
fn is_coming_back(daemon: Option<&DaemonState>) -> bool {
    match daemon {
        Some(DaemonState::Answers(health)) => health.restart.is_some() || health.is_starting,
        Some(DaemonState::Restarting { .. }) => true,
        Some(DaemonState::Unavailable(_)) | None => false,
    }
}
