//! The reload, start or restart that is under way, or how the last one ended.

use askama::Template;
use jiff::Timestamp;

use crate::domain::jail::JailName;
use crate::jail_service::{Job, JobOutcome, JobState};
use crate::web::extract::ban_query::jail_path;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::fragment::Fragment;
use super::page::{DaemonState, Page};
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
    let work = on_page(&page, state);
    let said = messages::job::said(&work, &page.now);
    let picture = JobProgress { page, work };
    Fragment::new(picture.render()?).and_said("work-said", &said)?.and_daemon(&picture.page)
}

/// The work as far as it concerns the page that is open: a jail's work its own page and the list, work on everything
/// all pages but the end of it those of jails. A result that was closed is gone.
pub(crate) fn on_page(page: &Page, state: &State) -> JobState {
    let JobState { running, last } = state.jails.work();
    let place = page.place.split('?').next().unwrap_or_default();
    // Asked by nobody's page.
    let is_asked_alone = place == "/server/work";
    let is_at = |jail: &JailName| {
        let rest = place.strip_prefix(jail_path(jail).as_str());
        place == "/jails" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    JobState {
        running: running
            .filter(|work| work.job.jail().is_none_or(|jail| place.starts_with("/server") || is_at(jail))),
        last: last.filter(|last| {
            let is_here = last.work.job.jail().map_or(!place.starts_with("/jails/"), is_at);
            // Beside the message of a newer action it is old news, unless something of it is left to do. The dashboard
            // says in its verdict what was last done.
            let is_old = place != "/" && page.flash.is_some() && last.is_done() && !last.is_restoring();
            (is_here || is_asked_alone) && page.dismissed.0 != Some(last.ended) && !is_old
        }),
    }
}

/// Returns true if the page offers to start fail2ban: it is down, and BanGUI knows how.
pub(crate) async fn can_start(page: &Page, state: &State) -> bool {
    let is_down = matches!(&page.daemon, Some(DaemonState::Unavailable(error)) if error.is_not_running());
    let is_free = state.jails.work().running.is_none();
    is_down && is_free && page.administers() && state.jails.can_start_daemon().await
}

/// Returns the path that a form for `job` is sent to.
pub(crate) fn path_of(job: &Job) -> String {
    match job {
        Job::ReloadAll => "/server/reload".to_owned(),
        Job::Restart => "/server/restart".to_owned(),
        Job::Start => "/server/start".to_owned(),
        Job::ReloadJail(jail) => format!("{}/reload", jail_path(jail)),
        Job::StartJail(jail) => format!("{}/start", jail_path(jail)),
        Job::RestartJail(jail) => format!("{}/restart", jail_path(jail)),
    }
}
