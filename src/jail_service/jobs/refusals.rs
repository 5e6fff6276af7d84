//! Why work was not done, in words for a person.

use std::time::Duration;

use crate::domain::jail::JailName;
use crate::fail2ban;
use crate::fail2ban::client_program::{ClientError, Misfit};
use crate::jail_service::progress::job::JobOutcome;

/// The daemon, or whoever is in front of it, did not answer in the middle.
pub(crate) fn unanswered(error: &fail2ban::Error) -> JobOutcome {
    tracing::warn!(%error, "the daemon did not answer during the work");
    let reason = "fail2ban did not answer, so it is not known whether this was done. Look at the jails before you try again.";
    JobOutcome::Failed { reason: reason.to_owned(), words: String::new() }
}

/// The configuration was not tried, or did not pass. Nothing was changed.
pub(crate) fn untested(error: ClientError) -> JobOutcome {
    match error {
        ClientError::Deadline(limit) => {
            tracing::warn!(?limit, "the configuration could not be tried in time");
            let limit = minutes(limit);
            let reason =
                format!("The test of the configuration was not done within {limit}, so nothing was changed.");
            JobOutcome::Failed { reason, words: String::new() }
        }
        ClientError::Failed { words } => {
            tracing::warn!(words, "the configuration could not be tried");
            let reason = "The configuration could not be tested, so nothing was changed. It says:";
            JobOutcome::Failed { reason: reason.to_owned(), words }
        }
        other => refused(other),
    }
}

/// It was refused, or failed.
pub(crate) fn refused(error: ClientError) -> JobOutcome {
    tracing::warn!(%error, "fail2ban-client refused");
    let (reason, words) = match error {
        ClientError::ConfigurationRefused { words } => return JobOutcome::ConfigurationRefused(words),
        ClientError::Unfit(misfit) => return JobOutcome::Unfit(unfit(&misfit)),
        ClientError::NotInstalled { program } => {
            (format!("{program} is not installed where BanGUI runs, so nothing was changed."), String::new())
        }
        ClientError::Untested => (
            "The test of the configuration was made too long ago, so nothing was changed. Try again."
                .to_owned(),
            String::new(),
        ),
        ClientError::UnknownJail(jail) => (
            format!(
                "The configuration does not enable {jail} any more, and reloading it would have removed it, so nothing was changed. Reload all jails if it is to go."
            ),
            String::new(),
        ),
        ClientError::Interrupted { words, gone, altered } => (interrupted(&gone, &altered), words),
        ClientError::Failed { words } => ("It did not work. fail2ban says:".to_owned(), words),
        ClientError::Deadline(limit) => (
            format!(
                "It was not done within {}. fail2ban may still be at it: look at the jails before you try again.",
                minutes(limit)
            ),
            String::new(),
        ),
    };
    JobOutcome::Failed { reason, words }
}

fn minutes(limit: Duration) -> String {
    match limit.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

fn names(jails: &[JailName]) -> String {
    jails.iter().map(JailName::as_str).collect::<Vec<_>>().join(", ")
}

fn interrupted(gone: &[JailName], altered: &[JailName]) -> String {
    let became = match (gone, altered) {
        ([], []) => "What ran before is back.".to_owned(),
        ([], altered) => format!("These jails run and are not all as they were: {}.", names(altered)),
        (gone, []) => format!("BanGUI could not put these jails back, so they are gone: {}.", names(gone)),
        (gone, altered) => format!(
            "BanGUI could not put these jails back, so they are gone: {}. These run and are not all as they were: {}.",
            names(gone),
            names(altered)
        ),
    };
    format!("fail2ban gave up in the middle of it. {became} It says:")
}

/// Why a configuration is not loaded, and what to do.
#[must_use]
pub(crate) fn unfit(misfit: &Misfit) -> String {
    let what_to_do = match misfit {
        Misfit::Versions { .. } => {
            "Each version sends commands that the other does not understand. Restart fail2ban so that the installed version runs, or give BanGUI the fail2ban-client that belongs to the daemon."
        }
        Misfit::Socket { .. } => {
            "Start BanGUI with --fail2ban-socket and that socket, or put the socket that it uses into fail2ban.local."
        }
        Misfit::Database { .. } => {
            "fail2ban changes its database only when it starts: restart fail2ban. If that is not what you want, this may be the configuration of another fail2ban."
        }
        Misfit::NoJailInCommon => {
            "It may be the configuration of another fail2ban: start BanGUI with the right --fail2ban-config. If it is the right one, restart fail2ban."
        }
    };
    let text = misfit.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. {what_to_do}", characters.as_str())
}
