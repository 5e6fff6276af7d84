//! Log in, log out.

use bangui::demo::DemoJail;
use reqwest::{Method, Url};

use crate::support::TestResult;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

async fn site() -> Result<Site, Box<dyn std::error::Error>> {
    Site::start(&[DemoJail::new("sshd", "sshd")]).await
}

#[tokio::test]
async fn the_right_password_leads_to_where_one_wanted_to_go() -> TestResult {
    let site = site().await?;
    let mut visitor = Visitor::stranger(site.address).await?;
    let sent_away = visitor.get("/jails/sshd?q=a%26b&page=2").await?;
    assert_eq!(sent_away.status, 303);
    let form = visitor.get(sent_away.location()).await?;
    visitor.token = form.token()?;
    let next = form.attributes("form[action='/login'] input[name=next]", "value")?;
    let answer = visitor.log_in(NAME, PASSWORD, &next.concat()).await?;
    assert_eq!((answer.status, answer.location()), (303, "/jails/sshd?q=a%26b&page=2"));
    let page = visitor.get(answer.location()).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (200, "sshd running"));
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_the_same_words_as_a_wrong_name() -> TestResult {
    let site = site().await?;
    let visitor = Visitor::stranger(site.address).await?;
    let mut words = Vec::new();
    for (name, password) in [(NAME, "wrong password"), ("nobody", PASSWORD), ("no name!", PASSWORD), ("", "")]
    {
        let answer = visitor.log_in(name, password, "/").await?;
        assert_eq!(answer.status, 422, "{name}");
        assert_eq!(answer.attributes("#username", "value")?, [name]);
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains("wrong password"));
        words.push(answer.text("[role=alert]")?);
    }
    assert!(
        words.iter().all(|words| !words.is_empty() && *words == *"Incorrect user name or password."),
        "{words:?}"
    );
    assert_eq!(visitor.get("/jails").await?.status, 303);
    Ok(())
}

/// Asks for `path` with exactly this cookie.
async fn with_cookie(site: &Site, path: &str, cookie: &str) -> Result<Answer, Box<dyn std::error::Error>> {
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    Answer::of(http.request(Method::GET, site.url(path)).header("cookie", cookie)).await
}

#[tokio::test]
async fn the_session_from_before_the_login_is_worth_nothing_after_it() -> TestResult {
    let site = site().await?;
    let first = with_cookie(&site, "/login", "").await?;
    let before = first.session_cookie().ok_or("no cookie with the login form")?;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let token = first.token()?;
    let fields = [("username", NAME), ("password", PASSWORD), ("csrf_token", token.as_str())];
    let request = http.post(site.url("/login")).header("cookie", &before).form(&fields);
    let answer = Answer::of(request).await?;
    assert_eq!(answer.status, 303);
    let after = answer.session_cookie().ok_or("no cookie with the login")?;
    assert_ne!(after, before);
    assert_eq!(with_cookie(&site, "/jails", &before).await?.status, 303);
    let page = with_cookie(&site, "/jails", &after).await?;
    assert_eq!(page.status, 200);
    assert_ne!(page.token()?, token, "the token is a new one too");
    Ok(())
}

#[tokio::test]
async fn after_the_logout_the_cookie_is_refused() -> TestResult {
    let site = site().await?;
    let visitor = Visitor::stranger(site.address).await?;
    let cookie = visitor.log_in(NAME, PASSWORD, "/").await?.session_cookie().ok_or("no cookie")?;
    let page = with_cookie(&site, "/jails", &cookie).await?;
    assert_eq!(page.status, 200);
    let token = page.token()?;
    let answer = visitor.post("/logout", &[]).await?;
    assert_eq!(answer.status, 403, "the token of the login form is worth nothing");
    let visitor = visitor.with_token(&token);
    let answer = visitor.post("/logout", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/login"));
    assert_eq!(with_cookie(&site, "/jails", &cookie).await?.status, 303);
    assert_eq!(visitor.get("/jails").await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_session_cookie_is_for_this_site_and_no_script() -> TestResult {
    let site = site().await?;
    let answer = with_cookie(&site, "/login", "").await?;
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    Ok(())
}

#[tokio::test]
async fn a_login_never_leads_to_another_host() -> TestResult {
    let site = site().await?;
    let here = Url::parse(&site.url("/login"))?;
    let nexts = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/jails/日本",
        "",
    ];
    for next in nexts {
        for path in ["/login", "/theme"] {
            let visitor = Visitor::stranger(site.address).await?;
            let fields = [("username", NAME), ("password", PASSWORD), ("theme", "dark"), ("next", next)];
            let answer = visitor.post(path, &fields).await?;
            assert_eq!(answer.status, 303, "{path} {next:?}");
            let there = here.join(answer.location())?;
            assert_eq!(there.origin(), here.origin(), "{path} {next:?} leads to {there}");
        }
    }
    Ok(())
}
