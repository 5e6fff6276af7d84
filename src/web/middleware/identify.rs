//! The first guard: who asks, with which browser, and what they have to do first.

use actix_session::SessionExt;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::USER_AGENT;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::config::LiveConfig;
use crate::domain::account::{Account, Duty, LoginBy, Role};
use crate::domain::session::Device;
use crate::storage::sessions::Login;
use crate::web::access;
use crate::web::access::{Access, Mark};
use crate::web::extract::by_proxy::{ByProxy, Unnamed, VouchedFor};
use crate::web::extract::client::Client;
use crate::web::extract::current_user::{Browser, HasNotices, Recovered};
use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::session::proof;
use crate::web::session::store::LOGIN;
use crate::web::state::State;
use crate::web::view::user_agent::describe_user_agent;

/// The longest name of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

/// Tells the others who asks. The form had come when the session was looked up, so one that ended while it
/// was on its way is dead.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let device = device(&request);
    request.extensions_mut().insert(Browser(describe_user_agent(device.agent.as_deref())));
    match who(&request, device).await {
        Ok(()) => next.call(request).await,
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn who(request: &ServiceRequest, device: Device) -> Result<(), Error> {
    let state = request.app_data::<Data<State>>().ok_or(Internal::Missing("the state"))?;
    let config = request.app_data::<Data<LiveConfig>>().ok_or(Internal::Missing("the settings"))?.now();
    let session = request.get_session();
    let said = ByProxy::of_request(request.request(), &config.http)?;
    request.extensions_mut().insert(said.clone());
    let Some(login) = session.get::<Login>(LOGIN)? else { return Ok(()) };
    if login.by == LoginBy::Proxy && said == ByProxy::Silent {
        request.extensions_mut().insert(Unnamed);
    }
    let Some(login) = in_force(state, login, said).await? else { return Ok(()) };
    note_use(request, state, &login, device).await;
    let mut extensions = request.extensions_mut();
    if proof::is_recovered(&session, state)? {
        extensions.insert(Recovered);
    }
    if login.has_notices {
        extensions.insert(HasNotices);
    }
    if login.by == LoginBy::Proxy {
        extensions.insert(VouchedFor);
    }
    if let Some(duty) = duty(&login, config.require_second_factor) {
        extensions.insert(duty);
    }
    extensions.insert(login.account);
    extensions.insert(login.number);
    Ok(())
}

/// The login of a session, if it holds on this request. One by the web server in front does where that names the same
/// account again, with the role that its groups give now. Where it names somebody else the session has ended; where it
/// names nobody, as for a picture that needs no login, it has not.
async fn in_force(state: &State, login: Login, said: ByProxy) -> Result<Option<Login>, Error> {
    if login.by == LoginBy::Bangui {
        return Ok(Some(login));
    }
    let role = match said {
        ByProxy::Known(identity) if identity.is(&login.account.name) => identity.role,
        ByProxy::Silent => return Ok(None),
        ByProxy::Known(_) | ByProxy::Refused(_) => {
            state.sessions.end(login.account.id, login.number).await?;
            return Ok(None);
        }
    };
    if role == login.account.role {
        return Ok(Some(login));
    }
    tracing::info!(account = %login.account.name, %role, "the groups of an account give it another role");
    state.accounts.follow_groups(login.account.id, role).await?;
    Ok(Some(Login { account: Account { role, ..login.account }, ..login }))
}

/// Records the use. On a full disk one has to look and unban all the same: the session then ends early, not
/// late.
async fn note_use(request: &ServiceRequest, state: &State, login: &Login, device: Device) {
    if let Err(error) = state.sessions.mark_used(login, device.clone(), is_use(request)).await {
        tracing::warn!(%error, "the use of a session could not be written");
    }
    let (Some(before), Some(from)) = (&login.agent, device.address) else { return };
    let browser = describe_user_agent(device.agent.as_deref());
    if describe_user_agent(Some(before)) == browser {
        return;
    }
    if let Err(error) = state.accounts.note_other_browser(login.account.id, browser, from).await {
        tracing::warn!(%error, "another browser of a session could not be written");
    }
}

/// Returns true if somebody is there who asks. Pages poll, and browsers fetch icons by themselves, even those that no
/// page names: nobody's session lasts longer by that.
fn is_use(request: &ServiceRequest) -> bool {
    let Some(route) = access::requested_route(request) else { return false };
    let polls = htmx::is_poll(request.headers()) && route.is(Mark::Polled);
    let is_for_all = route.access == Access::Public && route.method == "GET";
    !polls && !is_for_all
}

fn device(request: &ServiceRequest) -> Device {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    Device {
        address: Client::of_request(request.request()).ok().map(|client| client.address),
        agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
    }
}

/// Duty that comes first. `configured` is the least role that has to have a second factor by the
/// configuration: a page can only demand it of more.
fn duty(login: &Login, configured: Option<Role>) -> Option<Duty> {
    if login.by == LoginBy::Proxy {
        // Both are up to the web server in front.
        return None;
    }
    let least = [configured, login.second_factor_from].into_iter().flatten().min();
    if login.must_change {
        Some(Duty::ChoosePassword)
    } else if !login.has_second_factor && least.is_some_and(|least| login.account.role >= least) {
        Some(Duty::SetUpSecondFactor)
    } else {
        None
    }
}
