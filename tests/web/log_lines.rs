//! The log of the built program: one line for each event, whatever anybody sends.

use std::error::Error;
use std::sync::LazyLock;

use bangui::demo::{DemoJail, PrivateDaemon};
use reqwest::Method;

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::program::Program;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, until};
use crate::web::hidden::HIDDEN;

/// Ends a line in every way, controls a terminal, and pretends to be an event.
static HOSTILE: LazyLock<String> = LazyLock::new(|| {
    let text = "x\n2026-11-22T21:03:04Z  WARN bangui::login: failed login from 198.51.100.1 for \"x\"\r\n\
         \u{1b}[2K\u{9b}2J\u{7}\u{85}<script>alert(1)</script>\0";
    format!("{text}{HIDDEN}")
});

/// Nothing but lines that begin as an event does, and no character that controls anything.
fn assert_orderly(log: &str, after: &str) {
    assert!(log.ends_with('\n'), "{after}: {log:?}");
    let is_event = |line: &str| {
        let (time, rest) = line.split_once("Z ").unwrap_or_default();
        time.len() == "2026-11-22T21:03:04.123456".len() && rest.contains(" bangui::")
    };
    for line in log.lines() {
        assert!(is_event(line), "{after}: {line:?}");
        let is_harmful = |c: char| c.is_control() || HIDDEN.contains(c);
        assert!(!line.contains(is_harmful), "{after}: {line:?}");
    }
}

/// Sends `request` and says how many lines it made.
async fn lines_of(
    bangui: &Program,
    request: reqwest::RequestBuilder,
) -> Result<(u16, usize), Box<dyn Error>> {
    let before = bangui.log()?.lines().count();
    let answer = Answer::of(request).await?;
    let log = bangui.log()?;
    assert_orderly(&log, &format!("status {}", answer.status));
    Ok((answer.status, log.lines().count() - before))
}

#[tokio::test]
async fn whatever_a_stranger_sends_is_one_line() -> TestResult {
    let bangui = Program::start("/nonexistent/fail2ban.sock".as_ref(), &[]).await?;
    let stranger = Visitor::behind_a_proxy(bangui.address, "203.0.113.77").await?;
    // The record of bans asks fail2ban from the start, and its one line is not the stranger's.
    until("fail2ban is told as lost", || Ok(bangui.log()?.contains("daemon_lost"))).await?;
    let encoded =
        percent_encoding::utf8_percent_encode(&HOSTILE, percent_encoding::NON_ALPHANUMERIC).to_string();
    let post = |path: &str, fields: &[(&str, &str)]| {
        let fields = [fields, &[("csrf_token", stranger.token.as_str())]].concat();
        stranger.request(Method::POST, path).form(&fields)
    };
    let get = |path: &str| stranger.request(Method::GET, path);
    let visible: String = HOSTILE.chars().filter(|c| !c.is_control()).collect();
    for (what, request, status, lines) in [
        ("name", post("/login", &[("username", HOSTILE.as_str()), ("password", HOSTILE.as_str())]), 422, 1),
        ("missing field", post("/login", &[("username", HOSTILE.as_str())]), 422, 1),
        ("choice", post("/theme", &[("theme", HOSTILE.as_str())]), 422, 1),
        (
            "token",
            get("/")
                .try_clone()
                .map(|_| {
                    stranger
                        .request(Method::POST, "/theme")
                        .form(&[("csrf_token", HOSTILE.as_str()), ("theme", "dark")])
                })
                .ok_or("no request")?,
            403,
            1,
        ),
        ("query", get(&format!("/login?next={encoded}&q={encoded}")), 200, 0),
        ("path", get(&format!("/assets/{encoded}")), 404, 1),
        ("host", get("/login").header("host", visible.as_bytes()), 421, 1),
        ("address", get("/login").header("x-forwarded-for", visible.as_bytes()), 200, 0),
        ("agent", get("/login").header("user-agent", visible.as_bytes()), 200, 0),
        ("kind", post("/login", &[]).header("content-type", visible.as_bytes()), 422, 1),
    ] {
        assert_eq!(lines_of(&bangui, request).await?, (status, lines), "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn the_words_of_fail2ban_are_one_line_too() -> TestResult {
    let daemon = FakeDaemon::start(|_| Reply::refusal(&HOSTILE))?;
    let bangui = Program::start(&daemon.socket(), &[]).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let before = bangui.log()?.len();
    for path in ["/jails", "/jails/sshd", "/server", "/bans"] {
        admin.get(path).await?;
    }
    let log = bangui.log()?;
    assert_orderly(&log, "a refusal");
    assert!(log[before..].contains("alert(1)"), "the reason is in the log: {log}");
    Ok(())
}

#[tokio::test]
async fn what_is_typed_as_a_name_is_logged_only_if_it_is_an_accounts() -> TestResult {
    let bangui = Program::start("/nonexistent/fail2ban.sock".as_ref(), &[]).await?;
    let stranger = Visitor::behind_a_proxy(bangui.address, "203.0.113.77").await?;
    for name in ["my secret password", "ADMIN", "nobody", "x\" for \"admin"] {
        assert_eq!(stranger.log_in(name, "wrong", "/").await?.status, 422);
    }
    let log = bangui.log()?;
    let names: Vec<_> =
        log.lines().filter_map(|line| line.split_once("failed login from ")).map(|(_, end)| end).collect();
    let none = "203.0.113.77 for \"(no such account)\"";
    assert_eq!(names, [none, "203.0.113.77 for \"admin\"", none, none]);
    assert!(!log.contains("my secret"), "{log}");
    Ok(())
}

#[tokio::test]
async fn fail2ban_is_told_as_lost_and_as_back_once_each() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let bangui = Program::start(daemon.socket(), &[]).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let told = || -> Result<(usize, usize), Box<dyn Error>> {
        let log = bangui.log()?;
        Ok((
            log.matches("WARN bangui::events::log: daemon_lost error=").count(),
            log.matches("daemon_back").count(),
        ))
    };
    admin.get("/jails").await?;
    assert_eq!(told()?, (0, 0));
    for outage in 1..=2 {
        daemon.kill()?;
        for path in ["/jails", "/bans", "/server", "/jails/sshd"] {
            assert_eq!(admin.get(path).await?.status, 502, "{path}");
        }
        until("it is told as lost", || Ok(told()?.0 == outage)).await?;
        daemon.start_again().await?;
        for _ in 0..3 {
            assert_eq!(admin.get("/jails").await?.status, 200);
        }
        until("it is told as back", || Ok(told()?.1 == outage)).await?;
        assert_eq!(told()?, (outage, outage));
    }
    Ok(())
}
