//! The reload, start or restart that is under way, or how the last one ended.

use askama::Template;
use jiff::Timestamp;

use crate::jail_service::{Job, JobOutcome, JobState};
use crate::web::extract::ban_query::jail_path;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::fragment::Fragment;
use super::page::Page;
use super::reload_plan::PlanWords;
use super::{format, job_progress, messages, reload_plan};

#[derive(Template)]
#[template(path = "server/work.html")]
struct JobProgress {
    page: Page,
    work: JobState,
}

/// The picture of what is under way, or how it ended.
pub(crate) fn fragment(mut page: Page, state: &State) -> Result<Fragment, Error> {
    // The request may have waited for the work.
    page.now = Timestamp::now();
    let picture = JobProgress { page, work: state.jails.work() };
    Fragment::new(picture.render()?).and_daemon(&picture.page)
}

/// Returns the path that a form for `job` is sent to.
pub(crate) fn path_of(job: &Job) -> String {
    match job {
        Job::ReloadAll => "/server/reload".to_owned(),
        Job::Restart => "/server/restart".to_owned(),
        Job::ReloadJail(jail) => format!("{}/reload", jail_path(jail)),
        Job::StartJail(jail) => format!("{}/start", jail_path(jail)),
        Job::RestartJail(jail) => format!("{}/restart", jail_path(jail)),
    }
}
