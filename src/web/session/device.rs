//! The cookie of a device on which an account has logged in. It opens nothing: whoever has it does not wait
//! behind strangers when many log in at once.

use std::future::{Ready, ready};

use actix_session::SessionExt;
use actix_web::body::BoxBody;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite, time};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::account::AccountId;
use crate::web::extract::client::Client;
use crate::web::problem::error::Error;
use crate::web::state::State;

use super::store::ACCOUNT_ID;

/// Days for which a device is known after a login.
const KNOWN_FOR: i64 = 90;

/// The key that encrypts the cookie.
pub(crate) struct DeviceKey(pub(crate) Key);

/// The account that last logged in on the device of a request.
pub(crate) struct KnownDevice(pub(crate) Option<AccountId>);

impl FromRequest for KnownDevice {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(account(request))))
    }
}

fn name(request: &HttpRequest) -> &'static str {
    let is_secure = Client::of_request(request).is_ok_and(|client| client.is_secure);
    if is_secure { "__Host-bangui_device" } else { "bangui_device" }
}

fn account(request: &HttpRequest) -> Option<AccountId> {
    let key = request.app_data::<Data<DeviceKey>>()?;
    let now = request.app_data::<Data<State>>()?.sessions.clock().now();
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(name(request))?);
    let known = jar.private(&key.0).get(name(request))?;
    let (account, at) = known.value().split_once(' ')?;
    let is_known = now - at.parse::<i64>().ok()? < KNOWN_FOR * 24 * 60 * 60;
    is_known.then(|| account.parse().ok().map(AccountId))?
}

/// Gives the device its cookie when somebody logs in.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn remember(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let logged_in = |session: actix_session::Session| session.get::<AccountId>(ACCOUNT_ID).ok().flatten();
    let before = logged_in(request.get_session());
    let mut response = next.call(request).await?;
    let after = logged_in(response.request().get_session());
    if let (None, Some(account)) = (before, after)
        && let Some(cookie) = cookie(response.request(), account)
    {
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

fn cookie(request: &HttpRequest, account: AccountId) -> Option<Cookie<'static>> {
    let key = request.app_data::<Data<DeviceKey>>()?;
    let now = request.app_data::<Data<State>>()?.sessions.clock().now();
    let cookie = Cookie::build(name(request), format!("{} {now}", account.0))
        .path("/")
        .http_only(true)
        .secure(name(request).starts_with("__Host-"))
        .same_site(SameSite::Strict)
        .max_age(time::Duration::days(KNOWN_FOR))
        .finish();
    let mut jar = CookieJar::new();
    jar.private_mut(&key.0).add(cookie);
    jar.delta().next().cloned()
}
