//! Every action leaves a row in the audit: written before it runs, so that it is there even where the
//! request is broken off, and completed with how it ended.

use actix_session::{Session, SessionExt};
use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};

use crate::accounts::AccountsError;
use crate::domain::account::{Account, AccountId};
use crate::domain::audit::{End, Entry, LONGEST, LONGEST_TARGET, Outcome, with_short_names};
use crate::domain::jail::JailName;
use crate::domain::text::truncate;
use crate::web::access::{Access, Route};
use crate::web::extract::client::Client;
use crate::web::extract::form::{Fields, Form};
use crate::web::extract::{ban_key, ban_query, htmx};
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::reply::Told;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::fragment;
use crate::web::{access, session};

use super::{csrf, emergency};

/// Records every request for a route that does something.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn record(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some((route, action)) = action(&request) else { return look(request, next).await };
    let Some(state) = request.app_data::<Data<State>>().cloned() else { return next.call(request).await };
    let mut entry = match entry(&request, route, action) {
        Ok(entry) => entry,
        Err(error) => return Ok(request.error_response(error)),
    };
    match account_in_path(&request, route, &state).await {
        Ok(Some(name)) => entry.target = with_account(&name, &entry.target),
        Ok(None) => {}
        Err(error) => return Ok(request.error_response(Error::from(error))),
    }
    let account = entry.account.clone();
    if account.is_none() && csrf::check(&request).is_err() {
        // Anybody can send that, as often as they like, and it does nothing.
        return next.call(request).await;
    }
    let begun = match state.audit.begin(entry.clone()).await {
        Ok(begun) => begun,
        Err(_) if emergency::goes_on(&request, route) => state.audit.begin_waiting(entry),
        Err(error) => return Ok(request.error_response(Error::Unrecorded(error))),
    };
    let before = session::account_of(&request.get_session())?;
    let mut response = next.call(request).await?;
    let told = response.response_mut().extensions_mut().remove::<Told>();
    let message = told.as_ref().and_then(|told| told.message.clone());
    let end = end(&response, told);
    let account = match account {
        Some(account) => Some(account),
        None => logged_in(&response.request().get_session(), &state, before).await,
    };
    if state.audit.end(begun, account, end).await {
        return Ok(response);
    }
    warn(response, message.as_deref())
}

/// A request that does nothing. Only one that its role does not allow leaves a row.
async fn look(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let denied = response.response().error().and_then(|error| error.as_error::<Error>());
    if !matches!(denied, Some(Error::Forbidden(_))) {
        return Ok(response);
    }
    let request = response.request();
    let Some(state) = request.app_data::<Data<State>>() else { return Ok(response) };
    let entry = Entry {
        account: request.extensions().get::<Account>().map(|account| account.name.to_string()),
        address: Client::of_request(request).ok().map(|client| client.address),
        action: "look".to_owned(),
        jail: None,
        target: truncate(request.path(), LONGEST),
    };
    let account = entry.account.clone();
    match state.audit.begin(entry).await {
        // What waits for the database is in the log.
        Ok(begun) => drop(state.audit.end(begun, account, end(&response, None)).await),
        Err(error) => tracing::error!(%error, "a denied request is not in the audit"),
    }
    Ok(response)
}

/// The line of the table that the request is for, and what it does.
fn action(request: &ServiceRequest) -> Option<(&'static Route, &'static str)> {
    let route = access::requested_route(request)?;
    route.action.map(|action| (route, action))
}

fn entry(request: &ServiceRequest, route: &Route, action: &str) -> Result<Entry, Error> {
    let form = Form::of_request(request)?;
    let account = request.extensions().get::<Account>().cloned();
    let may = account.as_ref().is_some_and(|account| Some(account.role) >= route.access.role());
    // Who may not do it names nothing that is worth the room.
    let longest = if may && route.access != Access::Viewer { LONGEST_TARGET } else { LONGEST };
    let address = Client::of_request(request.request()).ok().map(|client| client.address);
    if let Some((jail, banned)) = one_ban(route, &form) {
        // It stands in the list of all jails, and is an unban like any other.
        return Ok(Entry {
            account: account.map(|account| account.name.to_string()),
            address,
            action: "unban".to_owned(),
            jail: Some(jail.to_string()),
            target: truncate(&banned, longest),
        });
    }
    // The button of one jail counts more than the boxes of several.
    let field = if form.first("only").is_some() { "only" } else { "jail" };
    let is_of_all = field == "jail" && ["all", "everywhere"].iter().any(|all| form.first(all) == Some("yes"));
    let named =
        form.all(field).filter(|_| !is_of_all).filter(|jail| !jail.is_empty()).collect::<Vec<_>>().join(", ");
    Ok(Entry {
        account: account.map(|account| account.name.to_string()),
        address,
        action: action.to_owned(),
        jail: jail_in_path(route.path, request.path()).or((!named.is_empty()).then_some(named)),
        // What is typed as a name at the login may be a password in the wrong field: the handler tells.
        target: if route.path == "/login" {
            String::new()
        } else {
            truncate(&with_short_names(&target(&form)), longest)
        },
    })
}

/// The name of the account in the path, as it is before the action; the path's own word where there is none.
async fn account_in_path(
    request: &ServiceRequest,
    route: &Route,
    state: &State,
) -> Result<Option<String>, AccountsError> {
    let Some(word) = part_of_path("{account}", route.path, request.path()) else { return Ok(None) };
    let named = match word.parse() {
        Ok(id) => state.accounts.name_of(AccountId(id)).await?,
        Err(_) => None,
    };
    Ok(Some(named.map_or(word, |name| name.to_string())))
}

fn with_account(name: &str, target: &str) -> String {
    let of_account = format!("account: {}", truncate(name, LONGEST));
    if target.is_empty() { of_account } else { format!("{of_account}, {target}") }
}

/// The ban that a form of the list of all jails lifts, where it is one.
fn one_ban(route: &Route, form: &Fields) -> Option<(JailName, String)> {
    let one = form.first("one").filter(|_| route.path == "/bans/unban")?;
    ban_key::parse_ban_key(one).ok()
}

/// Returns the part of `path` where `pattern` has the jail.
fn jail_in_path(pattern: &str, path: &str) -> Option<String> {
    let part = part_of_path("{jail}", pattern, path)?;
    Some(ban_query::jail_in_path(&part).to_owned())
}

/// Returns the part of `path` where `pattern` has `variable`, decoded.
fn part_of_path(variable: &str, pattern: &str, path: &str) -> Option<String> {
    let place = pattern.split('/').position(|part| part == variable)?;
    let part = path.split('/').nth(place)?;
    Some(percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned())
}

/// The addresses, and every other field that says what is to be done.
fn target(fields: &Fields) -> String {
    let other = fields
        .public_pairs()
        .filter(|(name, value)| {
            !["ip", "jail", "only", "next", "confirmed", "plan"].contains(name) && !value.is_empty()
        })
        .map(|(name, value)| format!("{name}: {value}"));
    fields.all("ip").map(str::to_owned).chain(other).collect::<Vec<_>>().join(", ")
}

/// Determines how the action ended: as its handler tells, or as the error or the status of the
/// response does.
fn end(response: &ServiceResponse<BoxBody>, told: Option<Told>) -> End {
    let status = response.status();
    let by_status = if status.is_server_error() {
        Outcome::Failed
    } else if status.is_client_error() {
        Outcome::Refused
    } else {
        Outcome::Done
    };
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    let (outcome, words) = match (told, error.map(description::describe)) {
        (Some(told), _) => (told.outcome, told.note),
        (None, Some(problem)) => (by_status, format!("{}. {}", problem.title, problem.sentence)),
        (None, None) => (by_status, String::new()),
    };
    End { outcome, status: Some(status.as_u16()), words }
}

/// Returns who is logged in after the action, where nobody was before. A session that nobody vouches for any more is
/// not logged in `before`, though it is somebody's.
async fn logged_in(session: &Session, state: &State, before: Option<AccountId>) -> Option<String> {
    match session::logged_in_account(session, state).await {
        Ok(account) => {
            account.filter(|account| Some(account.id) != before).map(|account| account.name.to_string())
        }
        Err(error) => {
            tracing::error!(%error, "who logged in is not in the audit");
            None
        }
    }
}

/// The answer, which also says that the audit does not know of the action yet, behind the `message` that it
/// was to show. An error's page does not: nothing was done.
fn warn(
    response: ServiceResponse<BoxBody>,
    message: Option<&str>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if !response.status().is_success() && !response.status().is_redirection() {
        return Ok(response);
    }
    let done = message.unwrap_or("It was done.");
    let warning = Flash::bad(format!(
        "{done} BanGUI's database cannot be written: the audit records this as soon as it can, and BanGUI's log has it now."
    ));
    if !htmx::is_htmx(response.request()) {
        return Ok(match session::leave_flash(&response.request().get_session(), &warning) {
            Ok(()) => response,
            Err(error) => response.error_response(error),
        });
    }
    let part = fragment::message(&warning)?.into_html();
    Ok(response.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) => BoxBody::new(Bytes::from([bytes.as_ref(), part.as_bytes()].concat())),
        Err(body) => body,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jail_is_read_where_the_route_has_it() {
        let jail = |path| jail_in_path("/jails/{jail}/ban", path);
        assert_eq!(jail("/jails/a%2Fb%0Ac/ban").as_deref(), Some("a/b\nc"));
        assert_eq!(jail("/jails/~../ban").as_deref(), Some(".."));
        assert_eq!(jail_in_path("/server/reload", "/server/reload"), None);
    }

    #[test]
    fn what_says_nothing_of_the_action_is_left_out() {
        let fields =
            Fields::parse(b"ip=192.0.2.1&ip=192.0.2.2&confirmed=yes&next=/&plan=48fc1263&on=true&note=");
        assert_eq!(target(&fields), "192.0.2.1, 192.0.2.2, on: true");
    }
}
