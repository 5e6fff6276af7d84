//! The cookie of a session. Over HTTPS it is bound to it; over plain HTTP, where a browser would not
//! send that one back, there is another. Both serve at once: a proxy by day, an SSH tunnel by night.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::PersistentSession;
use actix_web::HttpRequest;
use actix_web::body::MessageBody;
use actix_web::cookie::{Key, SameSite, time};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};

use crate::web::extract::client::Client;

use super::store::SqliteSessionStore;

/// The cookie over plain HTTP.
const PLAIN: &str = "bangui_session";
/// The cookie over HTTPS: browsers keep this prefix for cookies of one host that are never sent
/// unencrypted.
const SECURE: &str = "__Host-bangui_session";

/// Returns true if the browser sent the cookie of a session, whatever it is worth.
pub(crate) fn came_with(request: &HttpRequest) -> bool {
    let is_secure = Client::of_request(request).is_ok_and(|client| client.is_secure);
    request.cookie(if is_secure { SECURE } else { PLAIN }).is_some()
}

type Sessions = SessionMiddleware<SqliteSessionStore>;

/// The sessions of both kinds of requests. [`Client`] must be known before.
pub(crate) struct SessionCookie {
    plain: Sessions,
    secure: Sessions,
}

impl SessionCookie {
    /// The sessions in `store`, encrypted with `key`. A cookie's name is part of that, so what one holds
    /// is of no use in the other. The cookies live as long as the longest session, or until the browser is
    /// closed ([`super::persistence`]): whether a session still lives is looked up.
    pub(crate) fn new(store: &SqliteSessionStore, key: &[u8; 64], longest: Duration) -> Self {
        let longest = time::Duration::try_from(longest).unwrap_or(time::Duration::MAX);
        Self { plain: sessions(store, key, PLAIN, longest), secure: sessions(store, key, SECURE, longest) }
    }
}

fn sessions(store: &SqliteSessionStore, key: &[u8; 64], name: &str, longest: time::Duration) -> Sessions {
    SessionMiddleware::builder(store.clone(), Key::from(key))
        .cookie_name(name.to_owned())
        .cookie_same_site(SameSite::Strict)
        .cookie_secure(name == SECURE)
        .session_lifecycle(PersistentSession::default().session_ttl(longest))
        .build()
}

type Kind<S> = <Sessions as Transform<Rc<S>, ServiceRequest>>::Transform;

impl<S, B> Transform<S, ServiceRequest> for SessionCookie
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Transform = ByClient<Kind<S>>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let service = Rc::new(service);
        let plain = self.plain.new_transform(Rc::clone(&service)).into_inner();
        let secure = self.secure.new_transform(service).into_inner();
        ready(plain.and_then(|plain| secure.map(|secure| ByClient { plain, secure })))
    }
}

/// Both, in front of the same service.
pub(crate) struct ByClient<M> {
    plain: M,
    secure: M,
}

impl<M: Service<ServiceRequest, Error = actix_web::Error>> Service<ServiceRequest> for ByClient<M> {
    type Response = M::Response;
    type Error = M::Error;
    type Future = M::Future;

    forward_ready!(plain);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // Whoever is not known is at least not known to be secure.
        let is_secure = Client::of_request(request.request()).is_ok_and(|client| client.is_secure);
        if is_secure { self.secure.call(request) } else { self.plain.call(request) }
    }
}
