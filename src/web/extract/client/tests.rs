use std::error::Error;

use actix_web::http::header::HeaderValue;

use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Returns the arrival from `peer` with these headers where 10.0.0.0/8 and 127.0.0.1 are trusted.
fn arrival(peer: &str, headers: &[(&'static str, &str)]) -> Result<Arrival> {
    let trusted_proxies = vec!["10.0.0.0/8".parse()?, "127.0.0.1/32".parse()?];
    let forwarded_header = ForwardedHeader::XForwarded;
    arrival_with(&HttpConfig { trusted_proxies, forwarded_header, ..HttpConfig::default() }, peer, headers)
}

fn arrival_with(http: &HttpConfig, peer: &str, headers: &[(&'static str, &str)]) -> Result<Arrival> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes())?);
    }
    let peer = match peer {
        "socket" => Peer::WebServer,
        address => match address.strip_prefix("tls ") {
            Some(address) => Peer::Encrypted(address.parse()?),
            None => Peer::Address(address.parse::<IpAddr>()?.to_canonical()),
        },
    };
    Ok(Arrival::through_proxies(peer, &map, http))
}

fn address_for(peer: &str, forwarded: &[&str]) -> Result<String> {
    let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
    Ok(arrival(peer, &headers)?.client.address.to_string())
}

#[test]
fn the_client_of_a_trusted_proxy_is_the_last_that_is_no_proxy() -> Result {
    assert_eq!(address_for("10.0.0.1", &["203.0.113.7"])?, "203.0.113.7");
    assert_eq!(address_for("10.0.0.1", &["198.51.100.9, 203.0.113.7"])?, "203.0.113.7", "the left is forged");
    assert_eq!(address_for("10.0.0.1", &["198.51.100.9,203.0.113.7 , 10.2.3.4"])?, "203.0.113.7");
    assert_eq!(address_for("10.0.0.1", &["198.51.100.9", "203.0.113.7", "10.2.3.4"])?, "203.0.113.7");
    assert_eq!(address_for("10.0.0.1", &["10.3.3.3, 10.2.2.2"])?, "10.3.3.3", "all of them are proxies");
    assert_eq!(address_for("10.0.0.1", &["::ffff:203.0.113.7"])?, "203.0.113.7");
    assert_eq!(address_for("::ffff:10.0.0.1", &["2001:db8::7"])?, "2001:db8::7");
    assert_eq!(address_for("10.0.0.1", &["203.0.113.7:4711"])?, "203.0.113.7");
    assert_eq!(address_for("10.0.0.1", &["[2001:db8::7]:4711"])?, "2001:db8::7");
    assert_eq!(address_for("10.0.0.1", &["[2001:db8::7]"])?, "2001:db8::7");
    Ok(())
}

#[test]
fn what_cannot_be_read_leaves_the_last_that_was_known() -> Result {
    for bad in ["", " ", "unknown", "203.0.113.7.1", "_hidden", "\"203.0.113.7\"", "203.0.113.7;", "é", "1"]
    {
        assert_eq!(address_for("10.0.0.1", &[bad])?, "10.0.0.1", "{bad:?}");
        assert_eq!(
            address_for("10.0.0.1", &[&format!("203.0.113.7, {bad}, 10.2.2.2")])?,
            "10.2.2.2",
            "{bad:?}"
        );
        assert_eq!(address_for("10.0.0.1", &["203.0.113.7", bad])?, "10.0.0.1", "{bad:?}");
    }
    assert_eq!(address_for("10.0.0.1", &[])?, "10.0.0.1");
    Ok(())
}

#[test]
fn nobody_else_is_believed() -> Result {
    for peer in ["203.0.113.7", "127.0.0.2", "::1", "2001:db8::1"] {
        let forged =
            [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-proto", "https"), ("forwarded", "for=10.0.0.1")];
        let arrived = arrival(peer, &forged)?;
        assert_eq!(arrived.client, Client { address: peer.parse()?, is_secure: false });
        assert!(!arrived.is_local, "{peer}: a web server that nobody has named is no visitor");
    }
    Ok(())
}

#[test]
fn only_the_last_word_of_a_trusted_proxy_makes_it_secure() -> Result {
    let secure = |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("x-forwarded-proto", *value)).collect();
        arrival("10.0.0.1", &headers).map(|arrived| arrived.client.is_secure)
    };
    for values in [&["https"][..], &["HTTPS"], &["http, https"], &["http", "https"]] {
        assert!(secure(values)?, "{values:?}");
    }
    for values in [&[][..], &["http"], &["https, http"], &["https", "http"], &["https,"], &["httpss"], &["é"]]
    {
        assert!(!secure(values)?, "{values:?}");
    }
    Ok(())
}

#[test]
fn of_several_proxies_the_outermost_trusted_one_tells_whether_it_is_secure() -> Result {
    // What stands in X-Forwarded-For, in X-Forwarded-Proto, each line by itself, and what that means.
    type Case<'a> = (&'a [&'a str], &'a [&'a str], bool);
    let cases: [Case<'_>; 22] = [
        // Two that both add an entry: the browser's own way is the first of these.
        (&["203.0.113.7, 10.0.0.2"], &["https, http"], true),
        (&["203.0.113.7", "10.0.0.2"], &["https", "http"], true),
        (&["203.0.113.7", "10.0.0.2"], &["https,http"], true),
        (&["203.0.113.7, 10.0.0.2"], &["http, https"], false),
        (&["203.0.113.7, 10.0.0.3, 10.0.0.2"], &["https, http, http"], true),
        (&["203.0.113.7, 10.0.0.3, 10.0.0.2"], &["http, https, https"], false),
        // What stands further left the browser has sent itself.
        (&["203.0.113.7, 10.0.0.2"], &["https, http, http"], false),
        (&["203.0.113.7, 10.0.0.2"], &["http, https, http"], true),
        (&["198.51.100.9, 203.0.113.7, 10.0.0.2"], &["https, http, http"], false),
        (&["198.51.100.9, 203.0.113.7"], &["https, http"], false),
        (&["198.51.100.9, 203.0.113.7"], &["http, https"], true),
        (&["10.9.9.9, 203.0.113.7"], &["https, http"], false),
        // One of them replaces the entry, or passes it on.
        (&["203.0.113.7, 10.0.0.2"], &["https"], true),
        (&["203.0.113.7, 10.0.0.2"], &["http"], false),
        (&["203.0.113.7, 10.0.0.3, 10.0.0.2"], &["https, https"], true),
        (&["203.0.113.7, 10.0.0.3, 10.0.0.2"], &["https, http"], false),
        (&["203.0.113.7, 10.0.0.2"], &[], false),
        // Nobody knows who asked, but a trusted one wrote both.
        (&["unknown, 10.0.0.2"], &["https, http"], true),
        (&["unknown"], &["https, http"], false),
        (&["10.0.0.3, 10.0.0.2"], &["https, http"], true),
        (&["203.0.113.7, 10.0.0.2"], &["https,"], true),
        (&["203.0.113.7, 10.0.0.2"], &[",https"], false),
    ];
    for (forwarded, protocols, is_secure) in cases {
        let forwarded = forwarded.iter().map(|value| ("x-forwarded-for", *value));
        let headers: Vec<_> =
            forwarded.chain(protocols.iter().map(|value| ("x-forwarded-proto", *value))).collect();
        assert_eq!(arrival("10.0.0.1", &headers)?.client.is_secure, is_secure, "{headers:?}");
    }
    // Whoever is not trusted says what they like.
    let forged = [("x-forwarded-for", "203.0.113.7, 10.0.0.2"), ("x-forwarded-proto", "https, https")];
    assert!(!arrival("203.0.113.9", &forged)?.client.is_secure);
    Ok(())
}

#[test]
fn local_is_only_what_certainly_never_left_this_machine() -> Result {
    let local = |peer, headers: &[_]| arrival(peer, headers).map(|arrived| arrived.is_local);
    assert!(local("127.0.0.1", &[])? && local("::1", &[])? && local("::ffff:127.0.0.1", &[])?);
    assert!(local("127.0.0.1", &[("x-forwarded-for", "127.0.0.5"), ("x-forwarded-proto", "http")])?);
    assert!(local("127.0.0.1", &[("x-forwarded-for", "203.0.113.7, ::1")])?);
    assert!(!local("10.0.0.1", &[])? && !local("203.0.113.7", &[])?);
    assert!(!local("10.0.0.1", &[("x-forwarded-for", "127.0.0.1")])?, "it came over the network to us");
    for forwarded in [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", "unknown, 127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "example.org"),
        ("forwarded", "for=127.0.0.1"),
    ] {
        assert!(!local("127.0.0.1", &[forwarded])?, "{forwarded:?}");
    }
    Ok(())
}

#[test]
fn whoever_comes_by_the_socket_is_the_web_server_and_never_the_visitor() -> Result {
    let over_https = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")];
    let client = Client { address: "203.0.113.7".parse()?, is_secure: true };
    assert_eq!(arrival("socket", &over_https)?, Arrival { client, is_local: false });
    assert!(!arrival("socket", &[])?.is_local, "it does not say for whom it asks");
    for unsaid in ["unknown", "203.0.113.7, unknown"] {
        let headers = [("x-forwarded-proto", "https"), ("x-forwarded-for", unsaid)];
        assert!(!arrival("socket", &headers[..1])?.client.is_secure, "nor here");
        assert!(!arrival("socket", &headers)?.client.is_secure, "{unsaid}");
    }
    assert!(arrival("socket", &[("x-forwarded-for", "127.0.0.1")])?.is_local);
    Ok(())
}

#[test]
fn any_header_that_only_proxies_write_shows_one() -> Result {
    for name in ["via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-forwarded-port"]
    {
        for peer in ["127.0.0.1", "127.0.0.2", "::1"] {
            assert!(!arrival(peer, &[(name, "203.0.113.7")])?.is_local, "{name} from {peer}");
        }
    }
    Ok(())
}

#[test]
fn the_other_header_is_not_read() -> Result {
    let both = [
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.7;proto=http"),
    ];
    let trusted_proxies = vec!["10.0.0.0/8".parse()?];
    let http = |forwarded_header| HttpConfig {
        trusted_proxies: trusted_proxies.clone(),
        forwarded_header,
        ..HttpConfig::default()
    };
    let client = arrival_with(&http(ForwardedHeader::Forwarded), "10.0.0.1", &both)?.client;
    assert_eq!((client.address.to_string().as_str(), client.is_secure), ("203.0.113.7", false));
    let client = arrival_with(&http(ForwardedHeader::XForwarded), "10.0.0.1", &both)?.client;
    assert_eq!((client.address.to_string().as_str(), client.is_secure), ("198.51.100.1", true));
    Ok(())
}

#[test]
fn the_outermost_trusted_proxy_of_forwarded_says_whether_it_was_asked_over_https() -> Result {
    let http = || -> Result<HttpConfig> {
        Ok(HttpConfig {
            trusted_proxies: vec!["10.0.0.0/8".parse()?],
            forwarded_header: ForwardedHeader::Forwarded,
            ..HttpConfig::default()
        })
    };
    for (line, address, is_secure) in [
        (
            "for=198.51.100.1;proto=https, for=203.0.113.7;proto=http, for=10.2.2.2;proto=https",
            "203.0.113.7",
            false,
        ),
        (
            "for=198.51.100.1;proto=http, for=203.0.113.7;proto=https, for=10.2.2.2;proto=http",
            "203.0.113.7",
            true,
        ),
        ("for=203.0.113.7", "203.0.113.7", false),
        ("for=unknown;proto=https", "10.0.0.1", true),
        ("", "10.0.0.1", false),
    ] {
        let client = arrival_with(&http()?, "10.0.0.1", &[("forwarded", line)])?.client;
        assert_eq!((client.address.to_string().as_str(), client.is_secure), (address, is_secure), "{line}");
    }
    Ok(())
}

#[test]
fn tls_that_ends_here_is_secure_unless_somebody_in_front_asks_for_another() -> Result {
    let own = arrival("tls 192.0.2.1", &[])?;
    assert_eq!((own.client.address.to_string().as_str(), own.client.is_secure), ("192.0.2.1", true));
    assert!(
        !arrival("tls 192.0.2.1", &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")])?
            .client
            .is_secure
    );
    let proxied = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "http")];
    assert!(!arrival("tls 10.0.0.1", &proxied)?.client.is_secure, "its visitor came over plain HTTP");
    assert!(arrival("tls 10.0.0.1", &[])?.client.is_secure, "the proxy itself asks");
    Ok(())
}
