//! Requests that go on when the audit cannot take a row: those that let somebody back in.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;

use crate::domain::account::{Account, Role};
use crate::domain::address::Target;
use crate::web::access::Route;
use crate::web::extract::ban_key;
use crate::web::extract::client::Client;
use crate::web::extract::form::{Fields, Form};
use crate::web::problem::error::Error;

/// Returns true if `request` is a quick unban, or lifts the ban of one's own address alone, and is one of somebody
/// who may do so.
pub(crate) fn goes_on(request: &ServiceRequest, route: &Route) -> bool {
    let role = request.extensions().get::<Account>().map(|account| account.role);
    role.is_some_and(|role| role >= Role::Operator)
        && match route.path {
            "/unban" => Form::of_request(request).is_ok_and(|form| !ban_key::names_many(&form)),
            "/jails/{jail}/unban" => is_of_oneself(request, ban_key::named),
            "/bans/unban" => is_of_oneself(request, picked),
            _ => false,
        }
}

/// Returns true if the form of `request` names entries, and all of them are the address that it comes from.
fn is_of_oneself(request: &ServiceRequest, named: fn(&Fields) -> Result<Vec<String>, Error>) -> bool {
    let (Ok(client), Ok(form)) = (Client::of_request(request.request()), Form::of_request(request)) else {
        return false;
    };
    let own = Target::from(client.address);
    let is_own = |named: &String| named.parse::<Target>().is_ok_and(|target| target == own);
    named(&form).is_ok_and(|named| !named.is_empty() && named.iter().all(is_own))
}

/// The entries of the rows that were picked: one, or those selected. None if it is about others as well.
fn picked(form: &Fields) -> Result<Vec<String>, Error> {
    let words = match (form.first("one"), form.first("which")) {
        (Some(one), _) => vec![one],
        (None, Some("selected")) => form.all("ban").collect(),
        (None, _) => Vec::new(),
    };
    Ok(ban_key::read_all(words.into_iter())?.into_iter().map(|(_, entry)| entry).collect())
}
