//! Check that a form was sent from one of our own pages, as the browser tells: in addition to the
//! token, so that each holds where the other has a fault.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, ORIGIN};

use crate::web::extract::client::Client;
use crate::web::extract::host;
use crate::web::extract::host::Authority;
use crate::web::problem::error::Error;
use crate::web::problem::rejection::Rejection;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a browser says was sent from elsewhere. What says nothing (a script, or a browser on
/// plain HTTP, whose `Origin` our `Referrer-Policy` makes `null`) is judged by its token alone.
///
/// # Errors
/// When it comes from another site, or says so in several ways.
pub(crate) fn check(request: &HttpRequest) -> Result<(), Error> {
    let header = |name| host::only(request.headers(), name).map_err(|_| Rejection::OtherSite);
    let is_own = match (header(&SEC_FETCH_SITE)?, header(&ORIGIN)?) {
        // `none` is the person, who sends a form again.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None | Some("null")) => true,
        (None, Some(origin)) => is_own(origin, request)?,
    };
    if is_own { Ok(()) } else { Err(Rejection::OtherSite.into()) }
}

/// Returns true if `origin` is the scheme, host and port that `request` is for.
fn is_own(origin: &str, request: &HttpRequest) -> Result<bool, Error> {
    let (scheme, usual) =
        if Client::of_request(request)?.is_secure { ("https://", 443) } else { ("http://", 80) };
    let theirs = origin.strip_prefix(scheme).and_then(|rest| rest.parse::<Authority>().ok());
    let place = |authority: Authority| (authority.host, authority.port.unwrap_or(usual));
    Ok(match (theirs, Authority::of_request(request)) {
        (Some(theirs), Some(ours)) => place(theirs) == place(ours),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::HttpMessage;
    use actix_web::http::header::HOST;
    use actix_web::test::TestRequest;

    use super::*;

    fn passes(is_secure: bool, host: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = TestRequest::post().insert_header((HOST, host));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.to_http_request();
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        request.extensions_mut().insert(Client { address, is_secure });
        check(&request).is_ok()
    }

    #[test]
    fn the_browsers_word_decides() {
        let site = |site| passes(false, "a.example", &[("sec-fetch-site", site), ("origin", "null")]);
        assert!(site("same-origin") && site("none"));
        for other in ["same-site", "cross-site", "", "Same-Origin", "same-origin, none", "x", "é"] {
            assert!(!site(other), "{other}");
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")];
        assert!(!passes(false, "a.example", &twice));
    }

    #[test]
    fn an_origin_must_be_exactly_ours() {
        let origin = |secure, host, origin| passes(secure, host, &[("origin", origin)]);
        assert!(
            origin(false, "a.example", "http://a.example") && origin(true, "a.example", "https://a.example")
        );
        assert!(origin(false, "a.example:8580", "http://a.example:8580"));
        assert!(origin(true, "a.example:443", "https://a.example"), "the usual port need not be written");
        assert!(origin(false, "[::1]:8580", "http://[::1]:8580"));
        for other in [
            "https://a.example",
            "http://a.example:81",
            "http://b.example",
            "http://x.a.example",
            "a.example",
            "http://a.example/",
            "http://a.example.evil",
            "http://a.example@evil",
            "",
            "NULL",
            "é",
            "http://a.example http://a.example",
        ] {
            assert!(!origin(false, "a.example", other), "{other}");
        }
        assert!(!origin(true, "a.example", "http://a.example"));
        let twice = [("origin", "http://a.example"), ("origin", "http://a.example")];
        assert!(!passes(false, "a.example", &twice));
    }

    #[test]
    fn what_says_nothing_is_judged_by_its_token() {
        assert!(passes(false, "a.example", &[]) && passes(true, "a.example", &[("origin", "null")]));
    }
}
