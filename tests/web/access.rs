//! Who may ask for what: every route of the table.

use std::error::Error;

use bangui::demo::DemoJail;
use bangui::web::access::{Access, Route};
use bangui::web::routes::ROUTES;
use reqwest::Method;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// What the forms of all routes need, harmful where somebody let it through.
const FIELDS: [(&str, &str); 5] = [
    ("ip", "203.0.113.5"),
    ("username", "admin"),
    ("password", "a password for tests"),
    ("code", "x"),
    ("theme", "dark"),
];

async fn site_with_a_ban() -> Result<Site, Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
    Ok(site)
}

fn path(route: &Route) -> String {
    route.path.replace("{jail}", "sshd").replace("{file}", "app.css").replace("{account}", "1")
}

async fn ask(
    visitor: &Visitor,
    route: &Route,
    token: Option<&str>,
    htmx: bool,
) -> Result<Answer, Box<dyn Error>> {
    let method = Method::from_bytes(route.method.as_bytes())?;
    let mut request = visitor.request(method.clone(), &path(route));
    if htmx {
        let page = visitor.request(Method::GET, "/jails?page=2").build()?;
        request = request.header("hx-request", "true").header("hx-current-url", page.url().as_str());
    }
    if method == Method::POST {
        let mut fields = FIELDS.to_vec();
        fields.extend(token.map(|token| ("csrf_token", token)));
        request = request.form(&fields);
    }
    Answer::of(request).await
}

fn behind_the_login() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.access != Access::Public)
}

#[tokio::test]
async fn whoever_is_not_logged_in_is_sent_to_the_login_from_every_page() -> TestResult {
    let site = site_with_a_ban().await?;
    let visitor = Visitor::stranger(site.address).await?;
    let pid = site.daemon.pid()?;
    for route in behind_the_login() {
        let answer = ask(&visitor, route, Some(&visitor.token), false).await?;
        assert_eq!(answer.status, 303, "{route:?}");
        let back = reqwest::Url::parse(&site.url(answer.location()))?;
        let next = back.query_pairs().find(|(name, _)| name == "next").map(|(_, next)| next.into_owned());
        let expected = (route.method == "GET" && route.path != "/").then(|| path(route));
        assert_eq!((back.path(), next), ("/login", expected), "{route:?}");
        assert!(!answer.body.contains("203.0.113.5"));
    }
    assert_eq!((banned(&site.daemon, "sshd")?.concat(), site.daemon.pid()?), ("203.0.113.5".to_owned(), pid));
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_page_sends_the_whole_window_to_the_login() -> TestResult {
    let site = site_with_a_ban().await?;
    let visitor = Visitor::stranger(site.address).await?;
    for route in behind_the_login() {
        let answer = ask(&visitor, route, Some(&visitor.token), true).await?;
        assert_eq!(answer.status, 401, "{route:?}");
        assert_eq!(answer.header("hx-redirect"), "/login?next=%2Fjails%3Fpage%3D2", "{route:?}");
        assert!(answer.body.is_empty(), "{route:?}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_path_that_no_route_has_is_not_told_to_strangers() -> TestResult {
    let site = site_with_a_ban().await?;
    let visitor = Visitor::stranger(site.address).await?;
    for path in ["/nothing", "/jails/sshd/nothing", "/jails/", "//jails"] {
        assert_eq!(visitor.get(path).await?.status, 303, "{path}");
    }
    assert_eq!(Visitor::admin(site.address).await?.get("/nothing").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn without_the_right_token_no_form_changes_anything() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    let other = Visitor::admin(site.address).await?;
    let stranger = Visitor::stranger(site.address).await?;
    let pid = site.daemon.pid()?;
    let shorter = admin.token.get(1..).unwrap_or_default();
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        for token in [None, Some(""), Some("0"), Some(shorter), Some(&other.token), Some(&stranger.token)] {
            for htmx in [false, true] {
                let answer = ask(&admin, route, token, htmx).await?;
                assert_eq!(answer.status, 403, "{route:?} {token:?}");
                assert!(answer.session_cookie().is_none() || route.access != Access::Public, "{route:?}");
                assert!(!answer.header("set-cookie").contains("bangui_theme"), "{route:?}");
            }
        }
    }
    let work = admin.get("/server/work").await?.body;
    assert!(!work.contains("Reload") && !work.contains("Restart"), "{work}");
    assert_eq!((banned(&site.daemon, "sshd")?.concat(), site.daemon.pid()?), ("203.0.113.5".to_owned(), pid));
    Ok(())
}

#[tokio::test]
async fn the_token_may_come_as_a_header() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    let unban = || admin.request(Method::POST, "/jails/sshd/unban").form(&[("ip", "203.0.113.5")]);
    assert_eq!(Answer::of(unban().header("x-csrf-token", "wrong")).await?.status, 403);
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    assert_eq!(Answer::of(unban().header("x-csrf-token", &admin.token)).await?.status, 303);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    Ok(())
}
