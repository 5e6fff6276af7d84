//! The headers of every answer.

use bangui::demo::DemoJail;
use reqwest::Method;

use crate::support::TestResult;
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};

fn assert_strict(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for needed in ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(directives.contains(&needed), "{path}: {policy}");
    }
    for danger in ["unsafe", "*", "http:", "https:", "data:", "blob:"] {
        assert!(!policy.contains(danger), "{path}: {policy}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
    assert_eq!(answer.header("strict-transport-security"), "", "{path}: this is plain HTTP");
}

#[tokio::test]
async fn every_answer_has_strict_headers_and_is_kept_nowhere() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let stranger = Visitor::stranger(site.address).await?;
    let mut answers = vec![
        (200, "/jails", admin.get("/jails").await?),
        (200, "/jails/sshd", admin.get("/jails/sshd").await?),
        (200, "/jails/sshd/bans", admin.part("/jails/sshd/bans").await?),
        (200, "/login", stranger.get("/login").await?),
        (200, "/healthz", stranger.get("/healthz").await?),
        (200, "/", admin.get("/").await?),
        (303, "/jails", stranger.get("/jails").await?),
        (401, "/jails", stranger.part("/jails").await?),
        (404, "/jails/nope", admin.get("/jails/nope").await?),
        (404, "/nope", admin.get("/nope").await?),
        (404, "/assets/nope", stranger.get("/assets/nope").await?),
        (404, "/assets/..%2f..%2fCargo.toml", stranger.get("/assets/..%2f..%2fCargo.toml").await?),
        (422, "/jails/sshd?page=0", admin.get("/jails/sshd?page=0").await?),
        (422, "/login", stranger.log_in("admin", "wrong", "/").await?),
    ];
    let forged = Visitor::stranger(site.address).await?.with_token("");
    answers.push((403, "/login", forged.post("/login", &[]).await?));
    let from_elsewhere = stranger.request(Method::POST, "/theme").header("sec-fetch-site", "cross-site");
    answers.push((403, "/theme", Answer::of(from_elsewhere).await?));
    for method in [Method::PUT, Method::DELETE, Method::TRACE, Method::OPTIONS, Method::HEAD] {
        let status = if method == Method::OPTIONS || method == Method::HEAD { 404 } else { 403 };
        answers.push((status, "/jails", Answer::of(admin.request(method, "/jails")).await?));
    }
    let long = format!("/login?next={}", "a".repeat(9_000));
    answers.push((414, "a long address", stranger.get(&long).await?));
    let header = stranger.request(Method::GET, "/login").header("x-long", "a".repeat(17_000));
    answers.push((431, "a long header", Answer::of(header).await?));
    answers.push((413, "a long form", stranger.post("/login", &[("next", &"a".repeat(70_000))]).await?));
    let other = stranger.request(Method::GET, "/login").header("host", "evil.example");
    answers.push((421, "another host", Answer::of(other).await?));
    site.daemon.kill()?;
    answers.push((502, "/jails", admin.get("/jails").await?));
    answers.push((502, "/jails/table", admin.part("/jails/table").await?));
    for (status, path, answer) in answers {
        assert_eq!(answer.status, status, "{path}");
        assert_strict(&answer, path);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_failure_in_front_of_every_page_has_them_too() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let database = rusqlite::Connection::open(site.daemon.directory().join("bangui.sqlite3"))?;
    database.execute_batch("ALTER TABLE sessions RENAME TO gone")?;
    let answer = admin.get("/jails").await?;
    assert_eq!(answer.status, 500);
    assert_strict(&answer, "/jails");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer.text("h1")?.contains("own database failed") && !answer.body.contains("session"),
        "{}",
        answer.body
    );
    Ok(())
}

#[tokio::test]
async fn what_belongs_to_the_pages_is_kept_under_its_version_alone() -> TestResult {
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let page = visitor.get("/login").await?;
    let mut urls = page.attributes("link[href]", "href")?;
    urls.extend(page.attributes("script[src], img[src]", "src")?);
    assert!(urls.len() >= 4, "{urls:?}");
    for url in urls {
        let asset = visitor.get(&url).await?;
        assert_eq!(
            (asset.status, asset.header("cache-control")),
            (200, "public, max-age=31536000, immutable"),
            "{url}"
        );
        assert_strict(&asset, &url);
        let file = url.split('?').next().unwrap_or_default();
        for stale in [file.to_owned(), format!("{file}?v=000000000000")] {
            let asset = visitor.get(&stale).await?;
            assert_eq!((asset.status, asset.header("cache-control")), (200, "no-cache"), "{stale}");
        }
        let kind = asset.header("content-type");
        assert!(
            kind.starts_with("text/css")
                || kind.starts_with("text/javascript")
                || kind.starts_with("image/svg")
                || kind == "image/png"
                || kind == "application/manifest+json",
            "{kind}"
        );
    }
    Ok(())
}
