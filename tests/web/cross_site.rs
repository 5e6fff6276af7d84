//! Forms from elsewhere, and pages that only show.

use std::error::Error;

use bangui::demo::DemoJail;
use bangui::web::routes::ROUTES;
use reqwest::Method;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, protection, until};

async fn site_with_a_ban() -> Result<Site, Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
    Ok(site)
}

/// Sends the unban form with its right token and these headers.
async fn unban(admin: &Visitor, headers: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [("ip", "203.0.113.5"), ("csrf_token", admin.token.as_str())];
    let mut request = admin.request(Method::POST, "/jails/sshd/unban").form(&fields);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_even_with_the_right_token() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    let own = site.url("");
    let port = site.address.port();
    let other_port = format!("http://127.0.0.1:{}", port ^ 1);
    let (secure, other_name) = (format!("https://127.0.0.1:{port}"), format!("http://localhost:{port}"));
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "same-origin, same-origin")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("origin", "http://evil.example")],
        &[("origin", &other_port)],
        &[("origin", &secure)],
        &[("origin", &other_name)],
        &[("origin", &own), ("origin", &own)],
        &[("origin", "")],
    ] {
        let answer = unban(&admin, headers).await?;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.text("main")?.contains("another site"), "{}", answer.text("main")?);
        assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"], "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_route_that_changes_something_refuses_another_site() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        let path = route.path.replace("{jail}", "sshd");
        let fields = [("ip", "203.0.113.5"), ("theme", "dark"), ("csrf_token", admin.token.as_str())];
        let request = admin.request(Method::from_bytes(route.method.as_bytes())?, &path).form(&fields);
        let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await?;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{route:?}");
    }
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn what_a_browser_sends_from_our_own_page_is_taken() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    let own = site.url("");
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[("sec-fetch-site", "none")],
        &[("origin", &own)],
        &[("origin", "null")],
    ] {
        client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
        until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
        assert_eq!(unban(&admin, headers).await?.status, 303, "{headers:?}");
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn asking_for_a_page_changes_nothing_whatever_stands_in_its_address() -> TestResult {
    let site = site_with_a_ban().await?;
    let admin = Visitor::admin(site.address).await?;
    let pid = site.daemon.pid()?;
    let before = (protection(&site.daemon, "sshd")?, banned(&site.daemon, "sshd")?);
    let query = "ip=203.0.113.5&ip=203.0.113.6&jail=sshd&confirmed=yes&on=true&keep=always&theme=dark\
                 &loglevel=DEBUG&username=x&password=12345678&code=x&all=true&_method=POST";
    for route in ROUTES {
        let path = route.path.replace("{jail}", "sshd").replace("{file}", "app.css");
        let request = admin.request(Method::GET, &format!("{path}?{query}&csrf_token={}", admin.token));
        let answer = Answer::of(request.header("x-http-method-override", "POST")).await?;
        assert!(answer.status < 500, "{route:?} {}", answer.status);
        // It offers a secret of its own, which its session keeps until it is set up.
        if path != "/account/second-factor" {
            assert_eq!(answer.header("set-cookie"), "", "{route:?}");
        }
    }
    let after = (protection(&site.daemon, "sshd")?, banned(&site.daemon, "sshd")?);
    assert_eq!((after, site.daemon.pid()?), (before, pid));
    let audit = admin.get("/audit?show=all&fold=no").await?;
    assert_eq!(
        (audit.status, audit.texts("tbody tr")?.len()),
        (200, 1),
        "the login alone: {}",
        audit.text("tbody")?
    );
    assert_eq!(admin.get("/jails").await?.status, 200, "still logged in");
    Ok(())
}
