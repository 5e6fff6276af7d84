//! The door: who is let in at all, before a session or a database is looked at.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use crate::config::LiveConfig;
use crate::web::extract::client::{Arrival, Client};
use crate::web::extract::host;
use crate::web::extract::host::Authority;
use crate::web::extract::peer::Peer;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::problem::rejection::Rejection;

use super::error_page;

/// Lets in what comes for one of our names, encrypted or from this machine, and makes known who asks.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn check_host(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match who(request.request()) {
        Ok(client) => {
            request.extensions_mut().insert(client);
            next.call(request).await
        }
        Err(error) => {
            let answer = error_page::bare_page(&error, request.request());
            Ok(request.into_response(answer))
        }
    }
}

fn who(request: &HttpRequest) -> Result<Client, Error> {
    let config = request.app_data::<Data<LiveConfig>>().ok_or(Internal::Missing("the settings"))?.now();
    let http = &config.http;
    let peer = Peer::of_request(request, http)?;
    let host = Authority::of_request(request).ok_or(Rejection::UnknownHost)?.host;
    if !host::is_allowed(&host, &http.hosts, config.addresses().map(|address| address.ip())) {
        return Err(Rejection::UnknownHost.into());
    }
    let arrival = Arrival::through_proxies(peer, request.headers(), http);
    // A name of ours is reached over the network: a web server on this machine asked that says nothing else.
    let is_local = arrival.is_local && host::is_local(&host);
    if arrival.client.is_secure || is_local || http.allow_plain_http {
        Ok(arrival.client)
    } else if matches!(peer, Peer::Encrypted(address) if !http.trusts(address)) {
        // It would count as encrypted if it did not say that it is forwarded.
        Err(Rejection::UnknownProxy.into())
    } else {
        Err(Rejection::PlainHttp.into())
    }
}
