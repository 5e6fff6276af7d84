//! Under which names BanGUI answers.

use bangui::config::HttpConfig;
use bangui::web::Deadlines;

use crate::support::TestResult;
use crate::support::site::{Bangui, Site};
use crate::web::raw::{RawAnswer, ask};

async fn site() -> Result<Bangui, Box<dyn std::error::Error>> {
    let hosts = vec!["bangui.example".parse()?, "[2001:db8::1]".parse()?];
    let http = HttpConfig { hosts, allow_plain_http: true, ..HttpConfig::default() };
    Site::reached(http, Deadlines::default()).await
}

async fn asked(site: &Bangui, target: &str, headers: &str) -> Result<RawAnswer, Box<dyn std::error::Error>> {
    ask(site.address, format!("GET {target} HTTP/1.1\r\n{headers}\r\n")).await
}

#[tokio::test]
async fn the_named_hosts_and_this_machine_are_answered() -> TestResult {
    let site = site().await?;
    for host in
        ["bangui.example", "BanGUI.example:443", "[2001:db8::1]:8443", "localhost:1", "127.0.0.9", "[::1]"]
    {
        let answer = asked(&site, "/login", &format!("Host: {host}\r\n")).await?;
        assert_eq!(answer.status, 200, "{host}");
    }
    let answer = asked(&site, "http://bangui.example/login", "Host: bangui.example\r\n").await?;
    assert_eq!(answer.status, 200);
    Ok(())
}

#[tokio::test]
async fn every_other_host_gets_a_page_that_names_the_setting_and_nothing_of_its_own() -> TestResult {
    let site = site().await?;
    for (target, headers) in [
        ("/login", "Host: evil.example\r\n"),
        ("/login", "Host: bangui.example.evil.example\r\n"),
        ("/assets/app.css", "Host: evil.example\r\n"),
        ("/healthz", "Host: evil.example\r\n"),
        ("/login", "Host: \r\n"),
        ("/login", "Host: <script>alert(1)</script>\r\n"),
        ("/login", "Host: evil.example\r\nX-Forwarded-Host: bangui.example\r\n"),
        ("http://evil.example/login", "Host: bangui.example\r\n"),
        ("http://bangui.example/login", "Host: evil.example\r\n"),
        ("http://evil.example/login", "Host: evil.example\r\n"),
    ] {
        let answer = asked(&site, target, headers).await?;
        assert_eq!(answer.status, 421, "{target} {headers}");
        assert!(answer.body.contains("--host"), "{}", answer.body);
        assert!(!answer.body.contains("evil") && !answer.body.contains("<script"), "{}", answer.body);
        assert_eq!(answer.header("set-cookie"), "", "{target} {headers}");
    }
    let old = ask(site.address, "GET /login HTTP/1.0\r\n\r\n").await?;
    assert_eq!(old.status, 421, "a request that names no host");
    Ok(())
}

#[tokio::test]
async fn a_form_for_another_host_changes_nothing() -> TestResult {
    let site = site().await?;
    let body = "theme=dark&csrf_token=x";
    let request = format!(
        "POST /theme HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(site.address, request).await?;
    assert_eq!((answer.status, answer.header("set-cookie")), (421, ""));
    Ok(())
}
