//! Requests that go on when the audit cannot take a row: those that let somebody back in.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;

use crate::domain::account::{Account, Role};
use crate::domain::address::Target;
use crate::web::access::Route;
use crate::web::extract::ban_key;
use crate::web::extract::client::Client;
use crate::web::extract::form::Form;

/// Returns true if `request` is a quick unban, or lifts the ban of one's own address alone, and is one of somebody
/// who may do so.
pub(crate) fn goes_on(request: &ServiceRequest, route: &Route) -> bool {
    let role = request.extensions().get::<Account>().map(|account| account.role);
    role.is_some_and(|role| role >= Role::Operator)
        && match route.path {
            "/unban" => true,
            "/jails/{jail}/unban" => is_of_oneself(request),
            _ => false,
        }
}

fn is_of_oneself(request: &ServiceRequest) -> bool {
    let (Ok(client), Ok(form)) = (Client::of_request(request.request()), Form::of_request(request)) else {
        return false;
    };
    let own = Target::from(client.address);
    let is_own = |named: &String| named.parse::<Target>().is_ok_and(|target| target == own);
    ban_key::named(&form).is_ok_and(|named| !named.is_empty() && named.iter().all(is_own))
}
