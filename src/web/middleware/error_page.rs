//! The one place where an error becomes something to read: a page, or a part for htmx.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ContentType, HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use crate::jail_service::{JobOutcome, JobState};
use crate::web::extract::htmx;
use crate::web::problem::content::{Picture, Problem};
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::fragment::Fragment;
use crate::web::view::page::{DaemonState, Page};
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, format, fragment, job_progress, messages, reload_plan, unanswered};
use crate::{fail2ban, jail_service};

/// Interval between two attempts of a page that waits for the daemon, in seconds.
const TRY_AGAIN: &str = "3";

#[derive(Template)]
#[template(path = "error/page.html", blocks = ["state"])]
struct ErrorPage {
    page: Page,
    problem: Problem,
    /// Path that the page requests again while it waits; `None` where waiting is of no use.
    again: Option<String>,
    /// The id of the part that waits.
    part: String,
    offer: Offer,
}

/// What the page of a daemon that does not answer has beside the words.
#[derive(Default)]
struct Offer {
    /// True if *Start fail2ban* is offered.
    can_start: bool,
    /// The start or restart of it that is under way, or how it ended.
    work: Option<JobState>,
}

impl Offer {
    async fn of_page(page: &Page, request: &HttpRequest, problem: &Problem) -> Self {
        let Some(state) = request.app_data::<Data<State>>().filter(|_| problem.is_of_the_daemon()) else {
            return Self::default();
        };
        let work = page.is_in("/server").then(|| job_progress::on_page(page, state));
        Self { can_start: job_progress::can_start(page, state).await, work }
    }
}

#[derive(Template)]
#[template(path = "error/bare.html")]
struct BarePage {
    problem: Problem,
}

/// Gives each error its page.
///
/// # Errors
/// Those of the service behind it that are no answer.
pub(crate) async fn render_errors(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let has_words = response.response().error().is_none()
        && !matches!(
            response.response().body().size(),
            actix_web::body::BodySize::None | actix_web::body::BodySize::Sized(0)
        );
    if !is_error || has_words || response.headers().contains_key("hx-redirect") {
        return Ok(response);
    }
    let known = response.response().error().and_then(|error| error.as_error::<Error>());
    log(known, status, response.request());
    let mut problem = known.map_or_else(|| of_status(status), description::describe);
    let request = response.request().clone();
    let daemon = known.and_then(of_the_connection).map(|error| daemon_state(&request, error));
    let status = match (&daemon, request.method() == Method::GET) {
        (Some(DaemonState::Restarting { restart, .. }), is_get) => {
            let outcome_unknown = problem.outcome_unknown;
            problem = Problem { outcome_unknown, ..messages::job::being_restarted(restart) };
            if is_get { status } else { StatusCode::CONFLICT }
        }
        _ => status,
    };
    say_what_is_not_known(&mut problem, request.method());
    let answer = error_response(&request, status, problem, daemon).await;
    Ok(response.into_response(answer))
}

fn say_what_is_not_known(problem: &mut Problem, method: &Method) {
    if problem.outcome_unknown && method != Method::GET {
        problem.sentence += " It is not known whether your action was done: check before you try again.";
    }
}

fn log(error: Option<&Error>, status: StatusCode, request: &HttpRequest) {
    let (method, path) = (request.method(), request.path());
    match error {
        Some(error) if status.is_server_error() => {
            tracing::warn!(%method, ?path, %status, %error, "request failed");
        }
        Some(error) => tracing::info!(%method, ?path, %status, %error, "request refused"),
        None => tracing::debug!(%method, ?path, %status, "request refused"),
    }
}

fn of_the_connection(error: &Error) -> Option<&fail2ban::Error> {
    match error {
        Error::Jails(jail_service::Error::Daemon(error)) | Error::NotBegun(error)
            if error.is_of_the_connection() =>
        {
            Some(error)
        }
        _ => None,
    }
}

/// The state of a daemon that answered with `error`.
fn daemon_state(request: &HttpRequest, error: &fail2ban::Error) -> DaemonState {
    match request.app_data::<Data<State>>() {
        Some(state) => DaemonState::without_answer(state, error.clone()),
        None => DaemonState::Unavailable(error.clone()),
    }
}

/// The words for a status that actix-web gave by itself.
fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => description::describe(&Error::NoPage),
        StatusCode::METHOD_NOT_ALLOWED => {
            description::describe(&Error::BadInput("This address takes another kind of request.".to_owned()))
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            description::describe(&Error::BadInput("Request too large.".to_owned()))
        }
        status if status.is_client_error() => {
            description::describe(&Error::BadInput("The form or the address is not complete.".to_owned()))
        }
        _ => description::internal_error(),
    }
}

async fn error_response(
    request: &HttpRequest,
    status: StatusCode,
    problem: Problem,
    daemon: Option<DaemonState>,
) -> HttpResponse {
    let page = match Page::for_request(request.clone(), daemon).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "an error page could not be made");
            return bare(status, problem);
        }
    };
    let offer = Offer::of_page(&page, request, &problem).await;
    let made = match (htmx::is_htmx(request), request.method() == Method::GET) {
        (false, is_get) => whole(page, status, problem, is_get, offer),
        (true, true) => part(page, request, status, problem, offer),
        (true, false) => message(status, &problem),
    };
    made.unwrap_or_else(|error| {
        tracing::error!(%error, "an error page could not be rendered");
        HttpResponse::new(status)
    })
}

/// The whole page. One that waits for the daemon asks for itself again.
fn whole(
    page: Page,
    status: StatusCode,
    problem: Problem,
    is_get: bool,
    offer: Offer,
) -> Result<HttpResponse, Error> {
    let again = (problem.retryable && is_get).then(|| page.path.clone());
    let retryable = problem.retryable;
    let part = "state".to_owned();
    let mut response = fragment::full_page(&ErrorPage { page, problem, again, part, offer }, status)?;
    if retryable {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(TRY_AGAIN));
    }
    Ok(response)
}

/// Builds the state that replaces the requested part, and requests that part again.
fn part(
    page: Page,
    request: &HttpRequest,
    status: StatusCode,
    problem: Problem,
    offer: Offer,
) -> Result<HttpResponse, Error> {
    let target =
        request.headers().get("hx-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let id = target.rsplit('#').next().unwrap_or_default();
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    if !is_id {
        return message(status, &problem);
    }
    let again = problem.retryable.then(|| page.path.clone());
    let is_of_the_daemon = problem.is_of_the_daemon();
    let template = ErrorPage { page, problem, again, part: id.to_owned(), offer };
    let mut fragment = Fragment::new(template.as_state().render()?).and_daemon(&template.page)?;
    if is_of_the_daemon {
        fragment = unanswered::and_figures(fragment, id, request.path())?;
    }
    Ok(fragment.into_response(status))
}

/// Shows what went wrong with the action, over the page, which stays as it is.
fn message(status: StatusCode, problem: &Problem) -> Result<HttpResponse, Error> {
    let said = format!("{}. {} {}", problem.title, problem.sentence, problem.advice);
    let not_done = if problem.is_of_the_daemon() && !problem.outcome_unknown { "Not done: " } else { "" };
    let flash = Flash::bad(format!("{not_done}{}", said.trim_end()));
    Ok(fragment::message_alone(fragment::message(&flash)?, status))
}

/// The page of an error in front of the sessions.
pub(crate) fn bare_page(error: &Error, request: &HttpRequest) -> HttpResponse {
    let status = error.status_code();
    log(Some(error), status, request);
    bare(status, description::describe(error))
}

/// The page where the session could not be read, or not be written when all else was done.
pub(crate) fn plain_error(error: &actix_web::Error, method: &Method) -> HttpResponse {
    tracing::error!(%error, "request failed");
    let mut problem = description::database_error();
    say_what_is_not_known(&mut problem, method);
    bare(StatusCode::INTERNAL_SERVER_ERROR, problem)
}

/// Builds the page for when not even a session can be read: no head, no navigation.
fn bare(status: StatusCode, problem: Problem) -> HttpResponse {
    match (BarePage { problem }).render() {
        Ok(html) => HttpResponse::build(status).insert_header(ContentType::html()).body(html),
        Err(_) => HttpResponse::new(status),
    }
}
