//! The host that a request is for. Only the allowed ones are answered: a page of somebody else whose
//! name has been made to lead here (DNS rebinding) asks under its own.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap, HeaderName};

use crate::domain::host::{HostName, HostNameError};

/// A host with its port, as it stands in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    /// The host.
    pub host: HostName,
    /// The port, where it is written.
    pub port: Option<u16>,
}

impl FromStr for Authority {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = match text.rsplit_once(':') {
            // The last colon is inside the address.
            Some((_, rest)) if rest.ends_with(']') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        // Outside of brackets a colon stands in front of the port alone.
        if host.contains(':') && !host.starts_with('[') {
            return Err(HostNameError);
        }
        let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            Some("") | None => None,
            Some(port) if is_number(port) => Some(port.parse().map_err(|_| HostNameError)?),
            Some(_) => return Err(HostNameError),
        };
        Ok(Self { host: host.parse()?, port })
    }
}

impl Authority {
    /// The one that `request` is for. `None` where it names none, several, or none that can be read.
    pub(crate) fn of_request(request: &HttpRequest) -> Option<Self> {
        let header = only(request.headers(), &HOST).ok()?.map(str::parse).transpose().ok()?;
        let target = request.uri().authority().map(|authority| authority.as_str().parse());
        match (header, target.transpose().ok()?) {
            (Some(header), Some(target)) if header != target => None,
            (header, target) => header.or(target),
        }
    }
}

/// A header that came several times, or that is no text.
pub(crate) struct Ambiguous;

/// The only value of a header.
///
/// # Errors
/// When there are several, or it is no text.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Ambiguous> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Ambiguous),
        (Some(_), Some(_)) => Err(Ambiguous),
    }
}

/// Returns true if BanGUI answers as `host`: one of the `allowed`, this machine, or an exact address
/// that it listens on.
pub(crate) fn is_allowed(
    host: &HostName,
    allowed: &[HostName],
    listens_on: impl IntoIterator<Item = IpAddr>,
) -> bool {
    let is_own = match host {
        HostName::Name(name) => name == "localhost",
        HostName::Address(address) => {
            let is_it = |own: IpAddr| own.to_canonical() == *address && !own.is_unspecified();
            address.is_loopback() || listens_on.into_iter().any(is_it)
        }
    };
    is_own || allowed.contains(host)
}

/// Returns true if a browser reaches `host` without a network.
pub(crate) fn is_local(host: &HostName) -> bool {
    match host {
        HostName::Name(name) => name == "localhost",
        HostName::Address(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use actix_web::test::TestRequest;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    #[test]
    fn a_host_is_read_with_and_without_its_port() -> Result {
        for (text, host, port) in [
            ("Example.ORG", "example.org", None),
            ("example.org:8580", "example.org", Some(8580)),
            ("example.org:", "example.org", None),
            ("192.0.2.1:80", "192.0.2.1", Some(80)),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("[2001:db8::1]:443", "2001:db8::1", Some(443)),
        ] {
            assert_eq!(text.parse(), Ok(Authority { host: host.parse()?, port }), "{text}");
        }
        for bad in [
            "",
            ":",
            ":80",
            "a:b",
            "a:65536",
            "a:+80",
            "a:80:80",
            "a:-1",
            "::1",
            "2001:db8::1",
            "[::1",
            "[::1]x",
            "[::1]:x",
            "user@a",
            "a, b",
            "a b",
            "http://a",
            "a/",
            "[::1]]:80",
            "a:８０",
        ] {
            assert!(bad.parse::<Authority>().is_err(), "{bad:?}");
        }
        Ok(())
    }

    #[test]
    fn this_machine_the_listened_address_and_what_is_named_are_allowed() -> Result {
        let named = ["bangui.example".parse()?, "192.0.2.77".parse()?];
        let allowed = |host: &str, listens_on: &str| -> Result<bool> {
            Ok(is_allowed(&host.parse()?, &named, [listens_on.parse()?]))
        };
        for host in ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(allowed(host, "0.0.0.0")?, "{host}");
        }
        assert!(allowed("BanGUI.example", "127.0.0.1")? && allowed("192.0.2.77", "127.0.0.1")?);
        assert!(allowed("192.0.2.1", "192.0.2.1")? && allowed("192.0.2.1", "::ffff:192.0.2.1")?);
        for host in
            ["evil.example", "bangui.example.evil", "x.bangui.example", "192.0.2.2", "0.0.0.0", "[::]"]
        {
            assert!(
                !allowed(host, "0.0.0.0")? && !allowed(host, "::")? && !allowed(host, "192.0.2.1")?,
                "{host}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_request_is_for_one_host_or_for_none() -> Result {
        let of = |target: &str, hosts: &[&str]| {
            let mut request = TestRequest::with_uri(target);
            for host in hosts {
                request = request.append_header((HOST, *host));
            }
            Authority::of_request(&request.to_http_request())
        };
        let own = Some("example.org:80".parse()?);
        assert_eq!(of("/", &["example.org:80"]), own);
        assert_eq!(of("http://example.org:80/", &[]), own);
        assert_eq!(of("http://example.org:80/", &["EXAMPLE.org:80"]), own);
        assert_eq!(of("http://evil.example/", &["example.org:80"]), None);
        assert_eq!(of("http://user@example.org/", &[]), None);
        assert_eq!(of("/", &["example.org", "example.org"]), None);
        assert_eq!(of("/", &[""]), None);
        assert_eq!(of("/", &[]), None);
        Ok(())
    }
}
