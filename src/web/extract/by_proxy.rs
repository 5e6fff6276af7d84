//! Who asks, as the web server in front says: read where that is named, from a web server that is believed, and from
//! nobody else.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::config::{HttpConfig, ProxyLogin};
use crate::domain::proxy_login::{HeaderField, ProxyIdentity, ProxyRefusal, RefusedName, name_from_proxy};
use crate::web::extract::peer::Peer;
use crate::web::problem::error::Error;

/// What the web server in front says of who asks. In the extensions of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum ByProxy {
    /// Nothing, or nobody who is believed says it.
    #[default]
    Silent,
    /// Somebody who may come in.
    Known(ProxyIdentity),
    /// Somebody who may not.
    Refused(ProxyRefusal),
}

/// On a request of a session that the web server in front vouches for.
pub(crate) struct VouchedFor;

/// On a request of such a session for which it vouches for nobody.
pub(crate) struct Unnamed;

impl ByProxy {
    /// Reads what came with `request`.
    ///
    /// # Errors
    /// When it came by a socket that its user may not use.
    pub(crate) fn of_request(request: &HttpRequest, http: &HttpConfig) -> Result<Self, Error> {
        let is_believed = match Peer::of_request(request, http)? {
            Peer::WebServer => true,
            Peer::Address(peer) | Peer::Encrypted(peer) => http.trusts(peer),
        };
        Ok(if is_believed { read(request.headers(), &http.proxy_login) } else { Self::Silent })
    }
}

impl FromRequest for ByProxy {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or_default()))
    }
}

fn read(headers: &HeaderMap, login: &ProxyLogin) -> ByProxy {
    let Some((user, groups)) = login.headers() else { return ByProxy::Silent };
    match identity(headers, login, user, groups) {
        Ok(Some(identity)) => ByProxy::Known(identity),
        Ok(None) => ByProxy::Silent,
        Err(refusal) => ByProxy::Refused(refusal),
    }
}

fn identity(
    headers: &HeaderMap,
    login: &ProxyLogin,
    user: &HeaderField,
    groups: &HeaderField,
) -> Result<Option<ProxyIdentity>, ProxyRefusal> {
    // Those around it are no part of a header's value (RFC 9110, 5.5); any other blank is one of the name's.
    let name = only(headers, user)?.map(|name| name.trim_matches([' ', '\t']));
    // Web servers send an empty one where nobody is logged in.
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let name = name_from_proxy(name).map_err(ProxyRefusal::NoName)?;
    match only(headers, groups)?.and_then(|listed| login.role_in(listed)) {
        Some(role) => Ok(Some(ProxyIdentity { name, role })),
        None => Err(ProxyRefusal::NoGroup(name)),
    }
}

/// The only value of a header. Of two, one may be the browser's.
fn only<'a>(headers: &'a HeaderMap, field: &HeaderField) -> Result<Option<&'a str>, ProxyRefusal> {
    let mut values = headers.get_all(field.as_str());
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = std::str::from_utf8(value.as_bytes());
            text.map(Some).map_err(|_| ProxyRefusal::NoName(RefusedName::new(value.as_bytes())))
        }
        (Some(_), Some(_)) => Err(ProxyRefusal::Twice(field.clone())),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::domain::account::Role;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    fn login() -> Result<ProxyLogin> {
        Ok(ProxyLogin {
            user_header: Some("Remote-User".parse()?),
            groups_header: Some("Remote-Groups".parse()?),
            administrators: vec!["admins".parse()?],
            operators: Vec::new(),
            viewers: vec!["staff".parse()?],
        })
    }

    fn said(lines: &[(&str, &str)]) -> Result<ByProxy> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name)?, HeaderValue::from_bytes(value.as_bytes())?);
        }
        Ok(read(&headers, &login()?))
    }

    #[test]
    fn a_name_with_a_group_is_somebody() -> Result {
        let known = |name: &str, role| -> Result<_> {
            Ok(ByProxy::Known(ProxyIdentity { name: name.parse()?, role }))
        };
        let groups = ("remote-groups", "staff,admins");
        assert_eq!(said(&[("remote-user", "alice"), groups])?, known("alice", Role::Administrator)?);
        assert_eq!(
            said(&[("Remote-User", " bob\t"), ("Remote-Groups", "staff")])?,
            known("bob", Role::Viewer)?
        );
        assert_eq!(said(&[groups])?, ByProxy::Silent);
        assert_eq!(said(&[("remote-user", ""), groups])?, ByProxy::Silent);
        assert_eq!(said(&[("remote_user", "alice"), groups])?, ByProxy::Silent);
        Ok(())
    }

    #[test]
    fn what_is_not_certain_lets_nobody_in() -> Result {
        let groups = ("remote-groups", "admins");
        let user = ("remote-user", "alice");
        let twice = |name: &str| -> Result<_> { Ok(ByProxy::Refused(ProxyRefusal::Twice(name.parse()?))) };
        assert_eq!(said(&[user, ("remote-user", "mallory"), groups])?, twice("remote-user")?);
        assert_eq!(said(&[user, user, groups])?, twice("remote-user")?);
        assert_eq!(said(&[user, groups, groups])?, twice("remote-groups")?);
        for name in
            ["alice, mallory", "alice mallory", "<b>", &"x".repeat(65), "alice\u{200b}", "böb", "alice\u{a0}"]
        {
            let no_name = ProxyRefusal::NoName(RefusedName::new(name.as_bytes()));
            assert_eq!(said(&[("remote-user", name), groups])?, ByProxy::Refused(no_name), "{name}");
        }
        let nothing = ByProxy::Refused(ProxyRefusal::NoGroup("alice".parse()?));
        for listed in [vec![user], vec![user, ("remote-groups", "")], vec![user, ("remote-groups", "guests")]]
        {
            assert_eq!(said(&listed)?, nothing, "{listed:?}");
        }
        Ok(())
    }
}
