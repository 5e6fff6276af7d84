//! Behind a web server with HTTPS, and without one.

use std::error::Error;
use std::net::{SocketAddr, UdpSocket};

use bangui::config::HttpConfig;
use bangui::web::Deadlines;

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::web::raw::{RawAnswer, ask};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const HTTPS: &str = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
const HTTP: &str = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n";

/// Where this machine itself is the trusted proxy.
async fn behind_a_proxy() -> Result<Bangui> {
    let http = HttpConfig { trusted_proxies: vec!["127.0.0.1/32".parse()?], ..HttpConfig::default() };
    Site::reached(http, Deadlines::default()).await
}

async fn get(site: &Bangui, path: &str, headers: &str) -> Result<RawAnswer> {
    ask(site.address, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")).await
}

async fn post(site: &Bangui, path: &str, headers: &str, body: &str) -> Result<RawAnswer> {
    let length = body.len();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{form}\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    ask(site.address, head + body).await
}

/// The cookie that `answer` sets beside that of the device, as `name=value`, and the attributes behind it.
fn cookie(answer: &RawAnswer) -> Result<(String, String)> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    let mut cookies =
        lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value);
    let own = cookies.find(|cookie| !cookie.contains("bangui_device=")).ok_or("no cookie")?;
    let (pair, attributes) = own.split_once(';').ok_or("no attributes")?;
    Ok((pair.to_owned(), attributes.to_owned()))
}

fn token(answer: &RawAnswer) -> Result<String> {
    let page = scraper::Html::parse_document(&answer.body);
    let field = scraper::Selector::parse("input[name=csrf_token]").map_err(|error| error.to_string())?;
    Ok(page.select(&field).next().and_then(|input| input.attr("value")).ok_or("no token")?.to_owned())
}

/// Logs in with these headers on every request, and returns the session's cookie.
async fn log_in(site: &Bangui, headers: &str) -> Result<(String, String)> {
    let form = get(site, "/login", headers).await?;
    let with_cookie = format!("{headers}Cookie: {}\r\n", cookie(&form)?.0);
    let fields =
        format!("username={NAME}&password={}&csrf_token={}", PASSWORD.replace(' ', "+"), token(&form)?);
    let answer = post(site, "/login", &with_cookie, &fields).await?;
    assert_eq!(answer.status, 303, "{}", answer.head);
    cookie(&answer)
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_https() -> TestResult {
    let site = behind_a_proxy().await?;
    let (pair, attributes) = log_in(&site, HTTPS).await?;
    assert!(pair.starts_with("__Host-bangui_session="), "{pair}");
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(attributes.split(';').any(|own| own.trim() == part), "{part}: {attributes}");
    }
    assert!(!attributes.contains("Domain"), "{attributes}");
    let page = get(&site, "/audit", &format!("{HTTPS}Cookie: {pair}\r\n")).await?;
    assert_eq!(page.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_proxy_by_day_and_a_tunnel_by_night_have_a_session_each() -> TestResult {
    let site = behind_a_proxy().await?;
    let (day, _) = log_in(&site, HTTPS).await?;
    let (night, attributes) = log_in(&site, "").await?;
    assert!(night.starts_with("bangui_session=") && !attributes.contains("Secure"), "{night} {attributes}");
    for (headers, cookie, status) in [
        (HTTPS, day.clone(), 200),
        ("", night.clone(), 200),
        ("", day.clone(), 303),
        (HTTPS, night.clone(), 303),
        ("", day.replace("__Host-", ""), 303),
        (HTTPS, format!("__Host-{night}"), 303),
        (HTTPS, format!("{night}; {day}"), 200),
        ("", format!("{day}; {night}"), 200),
    ] {
        let page = get(&site, "/audit", &format!("{headers}Cookie: {cookie}\r\n")).await?;
        assert_eq!(page.status, status, "{headers:?} {cookie}");
    }
    Ok(())
}

#[tokio::test]
async fn over_https_the_browser_is_told_to_stay_there() -> TestResult {
    let site = behind_a_proxy().await?;
    for path in ["/login", "/nothing", "/assets/app.css", "/healthz"] {
        assert!(
            get(&site, path, HTTPS).await?.header("strict-transport-security").starts_with("max-age="),
            "{path}"
        );
        assert_eq!(get(&site, path, "").await?.header("strict-transport-security"), "", "{path}");
    }
    let form = get(&site, "/login", HTTPS).await?;
    let headers = format!("{HTTPS}Cookie: {}\r\n", cookie(&form)?.0);
    let chosen = post(&site, "/theme", &headers, &format!("theme=dark&csrf_token={}", token(&form)?)).await?;
    assert_eq!(chosen.status, 303);
    let (pair, attributes) = cookie(&chosen)?;
    assert!(pair == "bangui_theme=dark" && attributes.contains("Secure"), "{pair} {attributes}");
    Ok(())
}

#[tokio::test]
async fn what_the_proxy_took_over_plain_http_is_refused() -> TestResult {
    let site = behind_a_proxy().await?;
    for headers in [
        HTTP,
        "X-Forwarded-For: 203.0.113.7\r\n",
        "X-Forwarded-Proto: http\r\n",
        "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https, http\r\n",
        "X-Forwarded-For: 127.0.0.1, 203.0.113.7\r\nX-Forwarded-Proto: http\r\n",
        "X-Forwarded-For: unknown\r\nX-Forwarded-Proto: http\r\n",
        "Forwarded: for=127.0.0.1;proto=https\r\n",
    ] {
        let answer = get(&site, "/login", headers).await?;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{headers}");
        assert!(answer.body.contains("Only over HTTPS"), "{}", answer.body);
    }
    assert_eq!(
        get(&site, "/login", "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n").await?.status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn behind_two_proxies_the_outer_ones_way_decides() -> TestResult {
    let trusted_proxies = vec!["127.0.0.1/32".parse()?, "10.0.0.0/8".parse()?];
    let site =
        Site::reached(HttpConfig { trusted_proxies, ..HttpConfig::default() }, Deadlines::default()).await?;
    let through =
        |forwarded, protocols| format!("X-Forwarded-For: {forwarded}\r\nX-Forwarded-Proto: {protocols}\r\n");
    let inside = through("203.0.113.7, 10.0.0.2", "https, http");
    let (pair, attributes) = log_in(&site, &inside).await?;
    assert!(pair.starts_with("__Host-") && attributes.contains("Secure"), "{pair} {attributes}");
    let row = login_in_the_audit(&site, &inside).await?;
    assert!(row.contains("203.0.113.7"), "{row}");
    for (forwarded, protocols) in [
        ("203.0.113.7, 10.0.0.2", "http, https"),
        ("203.0.113.7, 10.0.0.2", "https, http, http"),
        ("203.0.113.7, 10.0.0.2", "http"),
        ("10.0.0.2, 203.0.113.7", "https, http"),
    ] {
        let answer = get(&site, "/login", &through(forwarded, protocols)).await?;
        assert_eq!(answer.status, 403, "{forwarded} {protocols}");
    }
    Ok(())
}

/// The address of the last login in the audit.
async fn login_in_the_audit(site: &Bangui, headers: &str) -> Result<String> {
    let (session, _) = log_in(site, headers).await?;
    let page = get(site, "/audit", &format!("{headers}Cookie: {session}\r\n")).await?;
    assert_eq!(page.status, 200);
    let html = scraper::Html::parse_document(&page.body);
    let row = scraper::Selector::parse("tbody tr").map_err(|error| error.to_string())?;
    Ok(html.select(&row).next().ok_or("no row")?.text().collect())
}

#[tokio::test]
async fn the_audit_names_the_address_that_the_proxy_saw_and_none_that_was_forged() -> TestResult {
    let site = behind_a_proxy().await?;
    let forged = "X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
    let row = login_in_the_audit(&site, forged).await?;
    assert!(row.contains("203.0.113.7") && !row.contains("198.51.100.9"), "{row}");
    Ok(())
}

#[tokio::test]
async fn a_local_web_server_that_nobody_named_is_told_what_to_configure_and_gets_no_session() -> TestResult {
    let site = Site::reached(HttpConfig::default(), Deadlines::default()).await?;
    for header in
        [HTTP, HTTPS, "X-Real-IP: 203.0.113.7\r\n", "Via: 1.1 proxy\r\n", "Forwarded: for=127.0.0.1\r\n"]
    {
        let answer = get(&site, "/login", header).await?;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{header}");
        for word in ["Only over HTTPS", "--trusted-proxy", "--listen unix:PATH"] {
            assert!(answer.body.contains(word), "{word}: {}", answer.body);
        }
    }
    assert_eq!(get(&site, "/login", "").await?.status, 200, "a browser on this machine, or a tunnel");
    Ok(())
}

#[tokio::test]
async fn without_a_trusted_proxy_no_forwarded_header_is_believed() -> TestResult {
    let http = HttpConfig { allow_plain_http: true, ..HttpConfig::default() };
    let site = Site::reached(http, Deadlines::default()).await?;
    let row = login_in_the_audit(&site, HTTPS).await?;
    assert!(row.contains("127.0.0.1") && !row.contains("203.0.113.7"), "{row}");
    let (pair, attributes) = log_in(&site, HTTPS).await?;
    assert!(pair.starts_with("bangui_session=") && !attributes.contains("Secure"), "{pair} {attributes}");
    assert_eq!(get(&site, "/login", HTTPS).await?.header("strict-transport-security"), "");
    Ok(())
}

#[tokio::test]
async fn the_origin_of_a_form_over_https_is_https() -> TestResult {
    let site = behind_a_proxy().await?;
    let form = get(&site, "/login", HTTPS).await?;
    for (origin, status) in
        [("https://localhost", 303), ("http://localhost", 403), ("https://evil.example", 403)]
    {
        let headers = format!("{HTTPS}Cookie: {}\r\nOrigin: {origin}\r\n", cookie(&form)?.0);
        let answer =
            post(&site, "/theme", &headers, &format!("theme=dark&csrf_token={}", token(&form)?)).await?;
        assert_eq!(answer.status, status, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn the_login_says_what_plain_http_means_where_it_matters() -> TestResult {
    let trusted_proxies = vec!["127.0.0.1/32".parse()?];
    let http = HttpConfig { trusted_proxies, allow_plain_http: true, ..HttpConfig::default() };
    let site = Site::reached(http, Deadlines::default()).await?;
    let says = |answer: &RawAnswer| answer.body.contains("plain HTTP");
    let exposed = get(&site, "/login", HTTP).await?;
    assert!(exposed.status == 200 && says(&exposed), "{}", exposed.body);
    for headers in ["", HTTPS] {
        let answer = get(&site, "/login", headers).await?;
        assert!(answer.status == 200 && !says(&answer), "{headers:?} {}", answer.body);
    }
    Ok(())
}

/// An address of this machine that is not loopback; where there is none nothing can be tried.
fn beyond_loopback() -> Result<SocketAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0))?;
    // Sends nothing: it only asks the routes.
    let asked = socket.connect(("198.51.100.1", 9));
    asked.map_err(|error| {
        format!("this machine has no address but loopback, which this test needs: {error}")
    })?;
    Ok(SocketAddr::new(socket.local_addr()?.ip(), 0))
}

#[tokio::test]
async fn who_comes_over_the_network_without_https_is_refused_unless_that_is_permitted() -> TestResult {
    let listen = beyond_loopback()?;
    for (allow_plain_http, status) in [(false, 403), (true, 200)] {
        let http = HttpConfig { allow_plain_http, ..HttpConfig::default() };
        let site = Site::listening(listen, http).await?;
        let request = format!("GET /login HTTP/1.1\r\nHost: {}\r\n{HTTPS}\r\n", site.address);
        let answer = ask(site.address, request).await?;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains("plain HTTP"), "{}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_local_web_server_that_says_nothing_but_the_host_gets_no_session() -> TestResult {
    for trusted_proxies in [vec![], vec!["127.0.0.1/32".parse()?]] {
        let hosts = vec!["bangui.example".parse()?, "192.0.2.77".parse()?];
        let http = HttpConfig { hosts, trusted_proxies, ..HttpConfig::default() };
        let site = Site::reached(http, Deadlines::default()).await?;
        for host in ["bangui.example", "BanGUI.example:443", "192.0.2.77"] {
            let answer = ask(site.address, format!("GET /login HTTP/1.1\r\nHost: {host}\r\n\r\n")).await?;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{host}");
            assert!(answer.body.contains("Only over HTTPS"), "{}", answer.body);
        }
        assert_eq!(get(&site, "/login", "").await?.status, 200, "a tunnel");
    }
    Ok(())
}
