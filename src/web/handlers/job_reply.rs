//! The reply to a form that starts a job: its progress.

use std::time::Duration;

use actix_web::HttpRequest;

use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::state::State;
use crate::web::view::job_progress;
use crate::web::view::page::Page;

/// Time for which the reply to htmx waits for the end: long enough for what fails at once. The
/// progress view polls on by itself.
const HTMX_WAIT: Duration = Duration::from_millis(150);
/// Time for which a whole page waits for the end, so that quick work needs no second look.
const PAGE_WAIT: Duration = Duration::from_millis(2500);

/// Time for which a whole page waits for work that takes longer anyway: its progress is to be seen at once.
const LONG_WORK_WAIT: Duration = Duration::from_millis(300);

/// The picture of the work: for htmx alone, otherwise on the page at `back`, where it was asked for.
pub(crate) async fn job_reply(
    request: &HttpRequest,
    page: Page,
    state: &State,
    back: &str,
) -> Result<Reply, Error> {
    reply_within(request, page, state, back, PAGE_WAIT).await
}

/// The same for work that is never over quickly.
pub(crate) async fn progress_reply(
    request: &HttpRequest,
    page: Page,
    state: &State,
    back: &str,
) -> Result<Reply, Error> {
    reply_within(request, page, state, back, LONG_WORK_WAIT).await
}

async fn reply_within(
    request: &HttpRequest,
    mut page: Page,
    state: &State,
    back: &str,
    page_wait: Duration,
) -> Result<Reply, Error> {
    let part = async {
        state.jails.wait_for_job(HTMX_WAIT).await;
        page.look_again(state).await;
        job_progress::fragment(page, state)
    };
    let reply = Reply::started(back).or_part(request, part).await?;
    if !reply.is_part() {
        state.jails.wait_for_job(page_wait).await;
    }
    Ok(reply)
}
