//! BanGUI below a path of a host that it shares.

use std::collections::{BTreeSet, VecDeque};
use std::error::Error;

use bangui::demo::DemoJail;
use reqwest::Method;

use crate::support::TestResult;
use crate::support::site::{NAME, Site};
use crate::support::visitor::{Answer, Visitor};

const BELOW: &str = "/bangui";
/// Attributes that lead somewhere.
const LINKS: [&str; 6] = ["href", "src", "action", "formaction", "hx-get", "hx-post"];

async fn site() -> Result<Site, Box<dyn Error>> {
    Site::configured(&[DemoJail::new("sshd", "sshd")], |config| {
        config.http.base_path = BELOW.parse().unwrap_or_default();
    })
    .await
}

/// Every link of a page, as it stands there.
fn links(page: &Answer) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let mut all = Vec::new();
    for name in LINKS {
        all.extend(page.attributes(&format!("[{name}]"), name)?.into_iter().map(|link| (name, link)));
    }
    Ok(all)
}

#[tokio::test]
async fn every_link_stays_below_the_path_and_leads_to_a_page() -> TestResult {
    let site = site().await?;
    let visitor = Visitor::below(site.address, BELOW).await?.then_logged_in(NAME).await?;
    visitor.submit("/jails/sshd/ban", &[("ip", "203.0.113.7")]).await?;
    let mut open = VecDeque::from(["/".to_owned()]);
    let mut seen = BTreeSet::from(["/".to_owned()]);
    while let Some(path) = open.pop_front() {
        let page = visitor.get(&path).await?;
        assert!([200, 303, 304].contains(&page.status), "{path}: {}", page.status);
        if page.status == 303 {
            assert!(page.location().starts_with("/bangui/"), "{path} leads to {}", page.location());
        }
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        for (name, link) in links(&page)? {
            let is_own = link.starts_with('/');
            assert!(!is_own || link.starts_with("/bangui/"), "{path}: {name}={link}");
            let is_read = name != "action" && name != "formaction" && name != "hx-post";
            // One page of each kind is enough.
            let kind = link.split('?').next().unwrap_or_default().to_owned();
            if is_own && is_read && !link.ends_with("/close") && seen.insert(kind) {
                open.push_back(link.strip_prefix(BELOW).ok_or("below")?.to_owned());
            }
        }
    }
    for page in
        ["/jails", "/jails/sshd", "/bans", "/unban", "/lookup", "/history", "/ignores", "/account", "/audit"]
    {
        assert!(seen.contains(&format!("{BELOW}{page}")), "{page} was not found: {seen:?}");
    }
    Ok(())
}

#[tokio::test]
async fn forms_cookies_and_redirects_stay_there_and_a_proxy_may_take_the_path_off() -> TestResult {
    let site = site().await?;
    let visitor = Visitor::below(site.address, BELOW).await?;
    let answer = visitor.log_in(NAME, crate::support::site::PASSWORD, "/jails").await?;
    assert_eq!((answer.status, answer.location()), (303, "/bangui/jails"));
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(
        !cookies.is_empty() && cookies.iter().all(|cookie| cookie.contains("Path=/bangui/")),
        "{cookies:?}"
    );

    let bare = |path: &'static str| Answer::of(visitor.request(Method::GET, path));
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let there = http.get(format!("http://{}/bangui", site.address)).send().await?;
    assert_eq!(there.status().as_u16(), 308);
    assert_eq!(there.headers().get("location").and_then(|value| value.to_str().ok()), Some("/bangui/"));
    let there = http.get(format!("http://{}/bangui?q=1", site.address)).send().await?;
    assert_eq!(there.headers().get("location").and_then(|value| value.to_str().ok()), Some("/bangui/?q=1"));
    let stripped = http.get(format!("http://{}/login", site.address)).send().await?.text().await?;
    assert!(stripped.contains("action=\"/bangui/login\""), "{stripped}");
    let stranger = Visitor::below(site.address, BELOW).await?;
    let part = stranger.request(Method::GET, "/jails/table").header("hx-request", "true");
    let here = format!("http://{}/bangui/jails?sort=jail", site.address);
    let to_login = Answer::of(part.header("hx-current-url", here)).await?;
    assert_eq!(to_login.header("hx-redirect"), "/bangui/login?next=%2Fjails%3Fsort%3Djail");
    assert_eq!(bare("/no/such/page").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn over_https_the_cookies_are_those_that_a_browser_takes_with_a_path() -> TestResult {
    let site = Site::configured(&[], |config| {
        config.http.base_path = BELOW.parse().unwrap_or_default();
        config.http.trusted_proxies = "127.0.0.1/32".parse().into_iter().collect();
    })
    .await?;
    let http = reqwest::Client::new();
    let secure = |cookie: String| {
        let request = http.get(format!("http://{}/bangui/login", site.address));
        let request = request.header("x-forwarded-for", "192.0.2.9").header("x-forwarded-proto", "https");
        async move { request.header("cookie", cookie).send().await }
    };
    let answer = secure(String::new()).await?;
    let cookie = answer.headers().get("set-cookie").ok_or("a cookie")?.to_str()?.to_owned();
    assert!(cookie.starts_with("__Secure-bangui_session=") && cookie.contains("Path=/bangui/"), "{cookie}");
    let token = |page: &str| page.split("csrf_token").count();
    let first = answer.text().await?;
    let own = cookie.split(';').next().unwrap_or_default().to_owned();
    let again = secure(own).await?;
    assert!(!again.headers().contains_key("set-cookie"), "the session is known again");
    assert_eq!(token(&first), token(&again.text().await?));
    Ok(())
}

#[tokio::test]
async fn on_a_home_screen_two_below_one_host_are_two() -> TestResult {
    let site = site().await?;
    let login = Visitor::below(site.address, BELOW).await?.get("/login").await?;
    let manifest = login.attributes("link[rel=manifest]", "href")?.concat();
    let url = reqwest::Url::parse(&format!("http://{}{manifest}", site.address))?;
    let told: serde_json::Value = serde_json::from_str(&reqwest::get(url.clone()).await?.text().await?)?;
    // Without an identity of its own, which would be the host's, it is known by the page that it starts with.
    assert_eq!(told.get("id"), None);
    let start = url.join(told["start_url"].as_str().ok_or("no start")?)?;
    assert_eq!(start.path(), "/bangui/unban");
    Ok(())
}
