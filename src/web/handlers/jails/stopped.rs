//! The page of a jail that does not run.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::domain::jail::JailName;
use crate::domain::timed_ban::TimedBan;
use crate::jail_service::{JobOutcome, JobState, Presence, Stop, Unstartable};
use crate::web::extract::ban_query::jail_path;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::messages::unstartable;
use crate::web::view::page::Page;
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, format, fragment, job_progress, messages, reload_plan, timed_bans};
use crate::{fail2ban, jail_service};

/// A jail that does not run.
#[derive(Template)]
#[template(path = "jails/stopped.html")]
pub(crate) struct StoppedPage {
    page: Page,
    jail: JailName,
    base: String,
    work: JobState,
    /// Record of who stopped it, where that was done from here.
    stop: Option<Stop>,
    /// Reason why it cannot be started from here.
    unstartable: Option<Unstartable>,
    /// The bans that are made again when it runs.
    waiting: Vec<TimedBan>,
}

/// Replaces the page of `jail`, which could not be read, with one that says that it is stopped,
/// where it is.
///
/// # Errors
/// `error` itself, where there is no such jail.
pub(crate) async fn stopped(
    page: Page,
    state: &State,
    jail: JailName,
    error: Error,
) -> Result<HttpResponse, Error> {
    let is_unknown = matches!(
        &error,
        Error::Jails(jail_service::Error::Daemon(fail2ban::Error::UnknownJail(unknown)))
            if unknown == jail.as_str()
    );
    if !is_unknown || state.jails.presence(&jail).await? != Presence::Stopped {
        return Err(error);
    }
    let (base, work) = (jail_path(&jail), job_progress::on_page(&page, state));
    let stop = state.jails.stops(&[]).remove(&jail);
    // Whatever is under way may change the answer, and tells why it fails.
    let unstartable = if work.running.is_some() { None } else { state.jails.unstartable(&jail).await };
    let waiting = state.jails.timed_bans_in(&jail).await?;
    fragment::full_page(&StoppedPage { page, jail, base, work, stop, unstartable, waiting }, StatusCode::OK)
}
