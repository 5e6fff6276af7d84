//! The second guard in front of every page: may they?

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse};

use crate::domain::account::{Account, Duty};
use crate::web::access::{Access, Mark, Route};
use crate::web::extract::by_proxy::{Unnamed, VouchedFor};
use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::reply::Told;
use crate::web::{access, reply};

use super::arrival;

/// The second guard: whoever is not logged in is sent to the login, unless the route is public, and
/// whose role is too small is refused. A path that no route has is for those who are logged in.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn authorize(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let route = access::requested_route(&request);
    let access = route.map_or(Access::Viewer, |route| route.access);
    let duty = request.extensions().get::<Duty>().copied();
    let role = request.extensions().get::<Account>().map(|account| account.role);
    if route.is_some_and(|route| route.is(Mark::OwnLogin))
        && request.extensions().get::<VouchedFor>().is_some()
    {
        return Ok(request.error_response(Error::LoggedInByProxy));
    }
    if role.is_none()
        && let Some(page) = arrival::page(&request, route, &login_path(&request))
    {
        return Ok(match page {
            Ok(page) => request.into_response(page),
            Err(error) => request.error_response(error),
        });
    }
    match (access.role(), role) {
        (None, _) => next.call(request).await,
        (Some(least), Some(role)) if role >= least => match duty.filter(|duty| !is_open(route, *duty)) {
            Some(duty) => Ok(to_duty(request, duty)),
            None => next.call(request).await,
        },
        (Some(least), Some(_)) => Ok(request.error_response(Error::Forbidden(least))),
        (Some(_), None) => Ok(to_login(request)),
    }
}

/// The page on which a duty is done, by its path.
fn page_of(duty: Duty) -> &'static str {
    match duty {
        Duty::ChoosePassword => "/account/password",
        Duty::SetUpSecondFactor => "/account/second-factor",
    }
}

/// Returns true if a route is reached before the duty is done: its own, and those that always are. Whoever
/// is called at night with a password that somebody told them can unban at once.
fn is_open(route: Option<&Route>, duty: Duty) -> bool {
    route.is_some_and(|route| {
        let sets_up = duty == Duty::SetUpSecondFactor && route.is(Mark::SetsFactorUp);
        route.is(Mark::Always) || sets_up || route.path == page_of(duty)
    })
}

/// Leads to what has to be done first.
fn to_duty(request: ServiceRequest, duty: Duty) -> ServiceResponse<BoxBody> {
    let mut response = if htmx::comes_from_htmx(request.request()) {
        HttpResponse::Unauthorized().insert_header(("hx-redirect", page_of(duty))).finish()
    } else {
        reply::see_other(page_of(duty))
    };
    let words = match duty {
        Duty::ChoosePassword => "The password has to be changed first.",
        Duty::SetUpSecondFactor => "A second factor has to be set up first.",
    };
    response.extensions_mut().insert(Told::refused(words));
    request.into_response(response)
}

/// 303 to the login; for an htmx request a redirect of the whole window, so that a login page never
/// lands inside a table.
pub(crate) fn to_login(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let location = login_path(&request);
    let mut response = if htmx::comes_from_htmx(request.request()) {
        HttpResponse::Unauthorized().insert_header(("hx-redirect", location)).finish()
    } else {
        reply::see_other(&location)
    };
    response.extensions_mut().insert(Told::refused("Nobody was logged in."));
    request.into_response(response)
}

/// The login page that leads back to where `request` was sent.
fn login_path(request: &ServiceRequest) -> String {
    let wanted = if htmx::comes_from_htmx(request.request()) {
        htmx::current_path(request.request())
    } else if request.method() == Method::GET {
        request.uri().path_and_query().map(|path| path.as_str().to_owned())
    } else {
        None
    };
    let next = wanted.filter(|path| path != "/").map(|path| {
        let path = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
        format!("next={path}")
    });
    // To stay there: on the way back nobody would be named again.
    let stays = request.extensions().get::<Unnamed>().map(|_| "local=yes".to_owned());
    let query: Vec<_> = next.into_iter().chain(stays).collect();
    if query.is_empty() { "/login".to_owned() } else { format!("/login?{}", query.join("&")) }
}
