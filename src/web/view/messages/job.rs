//! Reloads, restarts, starts: what they are, how far they are, how they ended, and why not well.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::jail::JailName;
use crate::fail2ban::client_program::{ClientError, Misfit};
use crate::jail_service::{BanCounts, Job, JobFailure, JobOutcome, JobResult, JobRunning, JobState, Step};
use crate::web::problem::content::{Picture, Problem, retryable};
use crate::web::problem::description;
use crate::web::view::format;

use super::Explain;

/// Describes `job` in a few words.
pub(crate) fn job_title(job: &Job) -> String {
    match job {
        Job::ReloadJail(jail) => format!("Reload of {jail}"),
        Job::StartJail(jail) => format!("Start of {jail}"),
        Job::RestartJail(jail) => format!("Restart of {jail}"),
        Job::ReloadAll => "Reload of all jails".to_owned(),
        Job::Restart => "Restart of fail2ban".to_owned(),
        Job::Start => "Start of fail2ban".to_owned(),
    }
}

/// Describes `step` of `job`.
pub(crate) fn job_step(job: &Job, step: Step) -> String {
    match (step, job) {
        (Step::Testing, _) => "Testing the configuration".to_owned(),
        (Step::Working, Job::ReloadJail(jail)) => format!("Reloading {jail}"),
        (Step::Working, Job::StartJail(jail)) => format!("Starting {jail}"),
        (Step::Working, Job::RestartJail(jail)) => format!("Restarting {jail}"),
        (Step::Working, Job::ReloadAll) => "Reloading all jails".to_owned(),
        (Step::Working, Job::Restart) => "Restarting fail2ban".to_owned(),
        (Step::Working, Job::Start) => "Starting fail2ban".to_owned(),
        (Step::Waiting, Job::Restart | Job::Start) => {
            "Waiting until fail2ban answers with its jails".to_owned()
        }
        (Step::Waiting, _) => "Checking the jails".to_owned(),
    }
}

/// Describes that `restart`, of fail2ban itself, is under way.
pub(crate) fn under_way(restart: &Job) -> &'static str {
    if *restart == Job::Start { "fail2ban is being started" } else { "fail2ban is being restarted" }
}

/// Describes the problem that the daemon does not answer because `restart` is under way.
pub(crate) fn being_restarted(restart: &JobRunning) -> Problem {
    let doing = if restart.job == Job::Start { "starting" } else { "restarting" };
    let sentence = format!(
        "{} has been {doing} it since {}. Until it is back nothing new is banned.",
        restart.by,
        format::time(&restart.since)
    );
    let advice = "Wait until it is back. Its progress is on the page Server.";
    retryable(Picture::Silent, under_way(&restart.job), &sentence, advice, None)
}

/// Describes how a job ended, in a few words.
pub(crate) fn job_result(last: &JobResult) -> String {
    let title = job_title(&last.work.job);
    let how = match last.outcome {
        JobOutcome::Done { .. } if last.is_done() => "done",
        JobOutcome::Done { .. } => "failed in part",
        JobOutcome::NeedsConfirmation { .. } => "needs your confirmation",
        JobOutcome::ConfigurationRefused { .. } => "refused: the configuration has mistakes",
        JobOutcome::Unfit(_) => "refused",
        JobOutcome::Failed(_) => "failed",
    };
    format!("{title} {how}")
}

/// Returns what is said of `work` to those who hear the page: the step that it is at, or how it ended. No times, which
/// would be said again every second.
pub(crate) fn said(work: &JobState, now: &Timestamp) -> String {
    match (&work.running, work.recent(now)) {
        (Some(running), _) => {
            format!("{}: {}", job_title(&running.job), job_step(&running.job, running.step))
        }
        (None, Some(last)) => job_result(last),
        (None, None) => String::new(),
    }
}

/// Describes how many bans of the restarted jails are back.
pub(crate) fn restored_so_far(bans: &BanCounts) -> String {
    format!("Restoring bans: {} of {}", format::number(bans.now), format::number(bans.before))
}

/// The same of the last work, while bans of it are missing.
pub(crate) fn restoring(last: &JobResult) -> Option<String> {
    match &last.outcome {
        JobOutcome::Done { bans: Some(bans), .. } if !bans.is_settled => Some(restored_so_far(bans)),
        _ => None,
    }
}

/// Explains why a job would not be done, with the output of the program.
pub(crate) fn would_end(outcome: &JobOutcome) -> (String, String) {
    match outcome {
        JobOutcome::ConfigurationRefused { output } => {
            let reason = "fail2ban refuses the configuration and would be left unchanged. Its output:";
            (reason.to_owned(), output.clone())
        }
        JobOutcome::Unfit(misfit) => (misfit.explain(), String::new()),
        JobOutcome::Failed(failure) => job_failure(failure),
        JobOutcome::Done { .. } | JobOutcome::NeedsConfirmation { .. } => {
            ("What it would do is unknown.".to_owned(), String::new())
        }
    }
}

/// Explains why a job failed and what to do, with the output of the program.
pub(crate) fn job_failure(failure: &JobFailure) -> (String, String) {
    let reason = match failure {
        JobFailure::Unanswered => {
            "fail2ban did not answer, so it is not known whether this was done. Check the jails before you try again.".to_owned()
        }
        JobFailure::NotBack(limit) => format!(
            "fail2ban did not answer within {} seconds after the restart. Check its log and start it manually.",
            limit.as_secs()
        ),
        JobFailure::Test(error) => return (of_test(error), printed(error)),
        JobFailure::Work(error) => return (of_work(error), printed(error)),
    };
    (reason, String::new())
}

fn of_test(error: &ClientError) -> String {
    match error {
        ClientError::Deadline(limit) => format!(
            "The test of the configuration did not finish within {}, so nothing was changed.",
            minutes(*limit)
        ),
        ClientError::Failed { .. }
        | ClientError::CannotRun { .. }
        | ClientError::Unreadable(_)
        | ClientError::Unreachable(_) => {
            "The configuration could not be tested, so nothing was changed. Its output:".to_owned()
        }
        other => of_work(other),
    }
}

fn of_work(error: &ClientError) -> String {
    match error {
        ClientError::NotInstalled { program } => {
            format!("{program} is not installed where BanGUI runs, so nothing was changed.")
        }
        ClientError::Untested => {
            "The test of the configuration was made too long ago, so nothing was changed. Try again."
                .to_owned()
        }
        ClientError::UnknownJail(jail) => format!(
            "The configuration no longer enables {jail}, and reloading it would have removed it, so nothing was changed. To remove it, reload all jails."
        ),
        ClientError::Interrupted { gone, altered, .. } => interrupted(gone, altered),
        ClientError::Deadline(limit) => format!(
            "It did not finish within {}. fail2ban may still be working on it: check the jails before you try again.",
            minutes(*limit)
        ),
        ClientError::Unfit(misfit) => misfit.explain(),
        ClientError::NoRestart(reason) => description::no_restart(*reason).to_owned(),
        ClientError::ConfigurationRefused { .. }
        | ClientError::Failed { .. }
        | ClientError::CannotRun { .. }
        | ClientError::Unreadable(_)
        | ClientError::Unreachable(_) => "It failed. fail2ban's output:".to_owned(),
    }
}

/// Returns the output of the program, or a text in its place.
fn printed(error: &ClientError) -> String {
    match error {
        ClientError::Failed { output }
        | ClientError::Interrupted { output, .. }
        | ClientError::ConfigurationRefused { output } => output.clone(),
        ClientError::CannotRun { program, cause } => format!("{program} cannot be run: {cause}"),
        ClientError::Unreadable(what) => format!("The answer cannot be read: {what}"),
        ClientError::Unreachable(cause) => format!("Could not find server: {cause}"),
        ClientError::NotInstalled { .. }
        | ClientError::Untested
        | ClientError::UnknownJail(_)
        | ClientError::Deadline(_)
        | ClientError::Unfit(_)
        | ClientError::NoRestart(_) => String::new(),
    }
}

fn minutes(limit: Duration) -> String {
    match limit.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// The names of `jails`, with commas.
pub(crate) fn jail_names(jails: &[JailName]) -> String {
    jails.iter().map(JailName::as_str).collect::<Vec<_>>().join(", ")
}

fn interrupted(gone: &[JailName], altered: &[JailName]) -> String {
    let became = match (gone, altered) {
        ([], []) => "The previous state is restored.".to_owned(),
        ([], altered) => format!("These jails are running, but not all as before: {}.", jail_names(altered)),
        (gone, []) => {
            format!("BanGUI could not restore these jails, so they are gone: {}.", jail_names(gone))
        }
        (gone, altered) => format!(
            "BanGUI could not restore these jails, so they are gone: {}. These are running, but not all as before: {}.",
            jail_names(gone),
            jail_names(altered)
        ),
    };
    format!("fail2ban gave up halfway. {became} Its output:")
}

/// Explains why a configuration is not loaded, and what to do.
impl Explain for Misfit {
    fn explain(&self) -> String {
        let or_none = |file: &Option<String>| file.clone().unwrap_or_else(|| "none".to_owned());
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::Versions { program, daemon } => format!(
                "fail2ban-client is {program}, but the running daemon is {daemon}. Each version sends commands that the other does not understand. Restart fail2ban so that the installed version runs, or give BanGUI the fail2ban-client that belongs to the daemon."
            ),
            Self::Socket { configured, used } => format!(
                "The configuration names the socket {}, and BanGUI uses {}. Start BanGUI with --fail2ban-socket and that socket, or put the socket that it uses into fail2ban.local.",
                shown(configured),
                shown(used)
            ),
            Self::Database { configured, used } => format!(
                "The configuration names the database {}, and the daemon uses {}. fail2ban changes its database only when it starts: restart fail2ban. If that is not what you want, this may be the configuration of another fail2ban.",
                or_none(configured),
                or_none(used)
            ),
            Self::NoJailInCommon => {
                "The configuration starts none of the jails that run. It may be the configuration of another fail2ban: start BanGUI with the right --fail2ban-config. If it is the right one, restart fail2ban.".to_owned()
            }
        }
    }
}
