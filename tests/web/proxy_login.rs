//! Login by a header of the web server in front, and all that it must not do.

mod cookies;
mod names;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bangui::config::{HttpConfig, ProxyLogin};
use bangui::domain::account::Role;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The web server in front, which is believed.
const FRONT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Anybody else on this machine, who is not.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

const ADMIN: &[(&str, &str)] = &[("remote-user", "alice"), ("remote-groups", "staff,bangui admins")];
const STAFF: &[(&str, &str)] = &[("remote-user", "alice"), ("remote-groups", "staff|guests")];
const BOB: &[(&str, &str)] = &[("remote-user", "bob"), ("remote-groups", "staff")];
const NOBODY: &[(&str, &str)] = &[];

fn settings() -> Result<ProxyLogin> {
    Ok(ProxyLogin {
        user_header: Some("Remote-User".parse()?),
        groups_header: Some("Remote-Groups".parse()?),
        administrators: vec!["bangui admins".parse()?],
        operators: vec!["bangui operators".parse()?],
        viewers: vec!["staff".parse()?],
    })
}

async fn site() -> Result<Bangui> {
    let proxy_login = settings()?;
    Site::without_daemon_configured(|config| {
        config.http = HttpConfig {
            trusted_proxies: vec![IpAddr::from(FRONT).into()],
            proxy_login,
            ..HttpConfig::default()
        };
        config.require_second_factor = Some(Role::Viewer);
    })
    .await
}

/// A browser whose requests come to BanGUI from one address, with what the web server there writes on each.
struct Browser {
    http: Client,
    address: SocketAddr,
}

impl Browser {
    /// One that has been here.
    async fn from(from: Ipv4Addr, site: &Bangui) -> Result<Self> {
        let browser = Self::new(true, from, site)?;
        browser.get("/login", NOBODY).await?;
        Ok(browser)
    }

    /// One that has not, and that keeps cookies or does not.
    fn new(keeps: bool, from: Ipv4Addr, site: &Bangui) -> Result<Self> {
        let http = Client::builder()
            .no_proxy()
            .local_address(IpAddr::from(from))
            .cookie_store(keeps)
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { http, address: site.address })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        written: &[(&str, &str)],
        body: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut headers = HeaderMap::new();
        for (name, value) in written {
            headers.append(HeaderName::try_from(*name)?, HeaderValue::from_bytes(value.as_bytes())?);
        }
        let request =
            self.http.request(method.clone(), format!("http://{}{path}", self.address)).headers(headers);
        Answer::of(if method == Method::POST { request.form(body) } else { request }).await
    }

    async fn get(&self, path: &str, written: &[(&str, &str)]) -> Result<Answer> {
        self.ask(Method::GET, path, written, &[]).await
    }

    /// Sends a form with the token of its page.
    async fn post(&self, path: &str, written: &[(&str, &str)], body: &[(&str, &str)]) -> Result<Answer> {
        let token = self.get("/there-is-no-such-page", written).await?.token()?;
        self.ask(Method::POST, path, written, &[body, &[("csrf_token", &token)]].concat()).await
    }

    /// Opens a page as somebody who is not logged in yet, and ends there.
    async fn enter(&self, path: &str, written: &[(&str, &str)]) -> Result<Answer> {
        let first = self.get(path, written).await?;
        assert_eq!(first.status, 303, "{}", first.body);
        assert!(first.location().starts_with("/login"), "{}", first.location());
        let second = self.get(first.location(), written).await?;
        assert_eq!((second.status, second.location()), (303, path), "{}", second.body);
        self.get(path, written).await
    }
}

#[tokio::test]
async fn whom_the_web_server_names_is_logged_in_with_the_role_that_the_groups_give() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    let page = alice.enter("/accounts", ADMIN).await?;
    assert_eq!(page.status, 200);
    let row = page.text("tr[data-account=alice]")?;
    assert!(row.contains("by the web server in front") && !row.contains("never"), "{row}");
    let audit = alice.get("/audit?show=all&fold=no", ADMIN).await?;
    assert!(audit.text("main")?.contains("alice"), "{}", audit.body);
    assert!(audit.body.contains("The web server in front named alice, in a group of role administrator."));

    // Out of a group there: at the next request, in the same session.
    assert_eq!(alice.get("/accounts", STAFF).await?.status, 403);
    let own = alice.get("/account", STAFF).await?;
    assert!(own.text(".sum")?.contains("Viewer"), "{}", own.body);
    assert_eq!(alice.get("/accounts", ADMIN).await?.status, 200);
    assert_eq!(site.sessions()?, 1);
    Ok(())
}

#[tokio::test]
async fn from_anybody_else_the_headers_mean_nothing() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/account", ADMIN).await?;
    let stranger = Browser::from(ELSEWHERE, &site).await?;
    let without = |answer: Answer| -> Result<String> {
        let token = answer.token()?;
        Ok(format!("{} {}", answer.status, answer.body.replace(&token, "")))
    };
    let plain = without(stranger.get("/login", NOBODY).await?)?;
    for forged in [
        ADMIN.to_vec(),
        [ADMIN, ADMIN].concat(),
        vec![("remote-user", "alice")],
        vec![("remote-user", NAME), ("remote-groups", "bangui admins")],
        vec![("remote-user", "<b>"), ("remote-groups", "x")],
    ] {
        assert_eq!(without(stranger.get("/login", &forged).await?)?, plain, "{forged:?}");
        assert_eq!(stranger.get("/account", &forged).await?.status, 303, "{forged:?}");
    }
    // Not even with alice's session.
    let cookie = alice.get("/login?local=yes", NOBODY).await?.header("set-cookie").to_owned();
    let stolen = cookie.split(';').next().unwrap_or_default();
    let with_cookie = [ADMIN, &[("cookie", stolen)]].concat();
    assert_eq!(stranger.get("/account", &with_cookie).await?.status, 303);
    assert_eq!(alice.get("/account", ADMIN).await?.status, 200, "the session goes on");
    Ok(())
}

#[tokio::test]
async fn a_session_is_of_whom_the_web_server_names_on_each_request() -> TestResult {
    let site = site().await?;
    let browser = Browser::from(FRONT, &site).await?;
    assert!(browser.enter("/account", STAFF).await?.text(".sum")?.contains("alice"));
    // What needs no login there comes without a name, and ends nothing.
    assert_eq!(browser.get("/account", NOBODY).await?.status, 303);
    assert_eq!(browser.get("/assets/app.css", NOBODY).await?.status, 200);
    assert_eq!(browser.get("/account", STAFF).await?.status, 200);
    // Somebody else at the same browser.
    assert!(browser.enter("/account", BOB).await?.text(".sum")?.contains("bob"));
    assert!(browser.enter("/account", STAFF).await?.text(".sum")?.contains("alice"));
    assert_eq!(site.sessions()?, 1, "those of before have ended");
    // Nobody whose groups give nothing any more.
    let out = [("remote-user", "alice"), ("remote-groups", "guests")];
    assert_eq!(browser.get("/account", &out).await?.status, 303);
    assert_eq!(site.sessions()?, 0);
    Ok(())
}

#[tokio::test]
async fn whoever_is_not_let_in_reads_why_and_whom_to_ask() -> TestResult {
    let site = site().await?;
    site.add_account("carol", Role::Viewer).await?;
    let browser = Browser::from(FRONT, &site).await?;
    let staff = ("remote-groups", "staff");
    for (written, words) in [
        (vec![("remote-user", "alice"), ("remote-groups", "guests")], "alice, who is in none of the groups"),
        (vec![("remote-user", "alice")], "ask its administrator to add you to one"),
        (vec![("remote-user", "alice"), ("remote-user", "alice"), staff], "sent remote-user more than once"),
        (vec![("remote-user", "alice"), staff, staff], "sent remote-groups more than once"),
        (vec![("remote-user", "alice, mallory"), staff], "cannot be an account"),
        (vec![("remote-user", "CAROL"), staff], "is an account with a password here"),
    ] {
        let page = browser.get("/login", &written).await?;
        assert_eq!(page.status, 403, "{written:?}");
        assert!(page.text("[role=alert]")?.contains(words), "{written:?}: {}", page.text("main")?);
        assert!(page.body.contains("name=\"password\""), "the other way in stays open");
    }
    assert_eq!(site.sessions()?, 0);
    // What was typed of a local account counts as ever, whatever the header says.
    let carol = [("username", "carol"), ("password", PASSWORD), ("next", "/")];
    let token = browser.get("/login", STAFF).await?;
    assert_eq!(token.status, 303, "alice comes in");
    let token = Browser::from(FRONT, &site).await?;
    let page = token.get("/login?local=yes", STAFF).await?.token()?;
    let fields = [&carol[..], &[("csrf_token", &page)]].concat();
    assert_eq!(token.ask(Method::POST, "/login", STAFF, &fields).await?.status, 303);
    assert_eq!(
        token.get("/account", STAFF).await?.location(),
        "/account/second-factor",
        "carol, who owes one"
    );
    Ok(())
}

#[tokio::test]
async fn no_password_is_asked_for_as_there_is_none() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    let own = alice.enter("/account", ADMIN).await?;
    assert!(
        own.text("main")?.contains("BanGUI has none of yours"),
        "and no second factor is owed: {}",
        own.body
    );
    assert!(!own.body.contains("type=\"password\""), "{}", own.body);
    for path in
        ["/account/password", "/account/second-factor", "/account/passkeys/new", "/account/passkeys/remove"]
    {
        let page = alice.get(path, ADMIN).await?;
        assert_eq!(page.status, 409, "{path}");
        assert!(page.text("main")?.contains("Change them where the web server in front asks you to log in"));
    }
    let fields = [("current_password", ""), ("password", "quite another password")];
    assert_eq!(alice.post("/account/password", ADMIN, &fields).await?.status, 409);
    // More than ten minutes later.
    site.clock.pass(Duration::from_mins(20));
    let new = [("username", "dave"), ("password", "quite another password"), ("role", "viewer")];
    let forged = alice.ask(Method::POST, "/accounts", ADMIN, &new).await?;
    assert_eq!(forged.status, 403, "without the token of the page");
    let added = alice.post("/accounts", ADMIN, &new).await?;
    assert_eq!((added.status, added.location()), (303, "/accounts"));
    assert!(alice.get("/accounts", ADMIN).await?.text("#messages")?.contains("dave was added"));
    Ok(())
}

#[tokio::test]
async fn no_password_opens_such_an_account_and_nobody_gives_it_one() -> TestResult {
    let site = site().await?;
    let bob = Browser::from(FRONT, &site).await?;
    bob.enter("/account", BOB).await?;
    let alice = Browser::from(FRONT, &site).await?;
    let list = alice.enter("/accounts", ADMIN).await?;
    let path = list.attributes("tr[data-account=bob] a", "href")?.concat();
    let page = alice.get(&path, ADMIN).await?;
    assert!(page.text("main")?.contains("The web server in front logs bob in"), "{}", page.body);
    assert!(!page.body.contains("type=\"password\""));
    for (action, field) in
        [("role", ("role", "administrator")), ("reset", ("password", "quite another password"))]
    {
        alice.post(&format!("{path}/{action}"), ADMIN, &[field]).await?;
        let told = alice.get(&path, ADMIN).await?.text("#messages")?;
        assert!(
            told.contains("Nothing was changed: the web server in front logs bob in"),
            "{action}: {told}"
        );
    }
    let stranger = Visitor::stranger(site.address).await?;
    for password in ["quite another password", "", PASSWORD] {
        let refused = stranger.log_in("bob", password, "/").await?;
        assert!(refused.status == 422 || refused.status == 429, "{}", refused.status);
    }
    // Disabled here, whatever is said there.
    alice.post(&format!("{path}/disable"), ADMIN, &[("on", "true")]).await?;
    assert_eq!(bob.get("/account", BOB).await?.status, 303);
    let refused = bob.get("/login", BOB).await?;
    assert_eq!(refused.status, 403);
    assert!(refused.text("[role=alert]")?.contains("that account is disabled here"));
    Ok(())
}

#[tokio::test]
async fn the_last_administrator_with_a_password_stays_one() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    let list = alice.enter("/accounts", ADMIN).await?;
    let path = list.attributes(&format!("tr[data-account={NAME}] a"), "href")?.concat();
    for (action, fields) in
        [("delete", vec![]), ("disable", vec![("on", "true")]), ("role", vec![("role", "viewer")])]
    {
        alice.post(&format!("{path}/{action}"), ADMIN, &fields).await?;
        let told = alice.get(&path, ADMIN).await?.text("#messages")?;
        assert!(told.contains("is the last administrator who can log in"), "{action}: {told}");
    }
    Ok(())
}

#[tokio::test]
async fn after_the_log_out_the_page_says_that_the_web_server_logs_in_again() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/account", STAFF).await?;
    let out = alice.post("/logout", STAFF, &[]).await?;
    assert_eq!((out.status, site.sessions()?), (303, 0));
    let page = alice.get(out.location(), STAFF).await?;
    assert_eq!(page.status, 200);
    assert!(page.text("main")?.contains("knows you as alice, and logs you in here again"), "{}", page.body);
    assert_eq!(site.sessions()?, 0, "not by that page");
    let again = page.attributes("main a.main", "href")?.concat();
    assert_eq!(alice.get(&again, STAFF).await?.status, 303);
    assert_eq!(site.sessions()?, 1);
    Ok(())
}

#[tokio::test]
async fn no_picture_on_another_page_makes_a_session() -> TestResult {
    let site = site().await?;
    let browser = Browser::from(FRONT, &site).await?;
    for dest in ["image", "iframe", "empty", "script"] {
        let page = browser.get("/login", &[STAFF, &[("sec-fetch-dest", dest)]].concat()).await?;
        assert_eq!((page.status, site.sessions()?), (200, 0), "{dest}");
    }
    let opened = browser.get("/login", &[STAFF, &[("sec-fetch-dest", "document")]].concat()).await?;
    assert_eq!((opened.status, site.sessions()?), (303, 1));
    Ok(())
}

#[tokio::test]
async fn the_first_account_with_a_password_can_still_be_made() -> TestResult {
    let proxy_login = settings()?;
    let trusted_proxies = vec![IpAddr::from(FRONT).into()];
    let site = Site::without_account_configured(HttpConfig {
        trusted_proxies,
        proxy_login,
        ..HttpConfig::default()
    });
    let site = site.await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/account", ADMIN).await?;
    let stranger = Browser::from(ELSEWHERE, &site).await?;
    assert_eq!(stranger.get("/login", NOBODY).await?.location(), "/setup");
    let code = site.setup_code.clone().ok_or("no code")?;
    let token = stranger.get("/setup", NOBODY).await?.token()?;
    let fields = [("code", &*code), ("username", "root"), ("password", PASSWORD), ("csrf_token", &token)];
    assert_eq!(stranger.ask(Method::POST, "/setup", NOBODY, &fields).await?.location(), "/");
    assert_eq!(stranger.get("/accounts", NOBODY).await?.status, 200);
    Ok(())
}
