//! One's own password and sessions, and when a session is dead.

use std::error::Error;
use std::time::Duration;

use bangui::domain::account::Role;
use reqwest::Method;

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

const NEW: &str = "quite another password";
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A login, kept as its cookie alone: what somebody has who copied it.
async fn cookie(bangui: &Bangui, remember: bool) -> Result<String, Box<dyn Error>> {
    let visitor = Visitor::stranger(bangui.address).await?;
    let mut fields = vec![("username", NAME), ("password", PASSWORD)];
    fields.extend(remember.then_some(("remember", "yes")));
    let answer = visitor.post("/login", &fields).await?;
    Ok(answer.session_cookie().ok_or_else(|| format!("no cookie with {}", answer.status))?)
}

async fn status(bangui: &Bangui, cookie: &str) -> Result<u16, Box<dyn Error>> {
    poll(bangui, cookie, false).await
}

async fn poll(bangui: &Bangui, cookie: &str, by_itself: bool) -> Result<u16, Box<dyn Error>> {
    ask(bangui, cookie, if by_itself { "/jails/table" } else { "/account" }, by_itself).await
}

async fn ask(bangui: &Bangui, cookie: &str, path: &str, by_itself: bool) -> Result<u16, Box<dyn Error>> {
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let mut request = http.request(Method::GET, bangui.url(path)).header("cookie", cookie);
    if by_itself {
        request = request.header("x-poll", "1");
    }
    Ok(Answer::of(request).await?.status)
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let other = cookie(&bangui, true).await?;
    let change =
        |current: &'static str, new: &'static str| [("current_password", current), ("password", new)];
    let wrong = owner.post("/account/password", &change("not the password", NEW)).await?;
    assert_eq!((wrong.status, wrong.text("#current-mistake")?.as_str()), (422, "This is not your password."));
    for new in [
        "short",
        "password123",
        "Password1",
        "        ",
        "bangui2026",
        "Summer2026!",
        "admin-admin",
        PASSWORD,
    ] {
        let refused = owner.post("/account/password", &change(PASSWORD, new)).await?;
        assert_eq!((refused.status, refused.texts("#new[aria-invalid]")?.len()), (422, 1), "{new}");
    }
    assert_eq!(status(&bangui, &other).await?, 200);
    let done = owner.post("/account/password", &change(PASSWORD, NEW)).await?;
    assert_eq!((done.status, done.location()), (303, "/account"));
    assert!(done.session_cookie().is_some(), "a new key for a new password");
    let page = owner.get("/account").await?;
    assert!(page.text("#messages")?.contains("Your password is changed"));
    owner.token = page.token()?;
    assert_eq!(status(&bangui, &other).await?, 303);
    let visitor = Visitor::stranger(bangui.address).await?;
    assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.status, 422);
    assert_eq!(visitor.log_in(NAME, NEW, "/").await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_key_from_before_a_change_of_the_password_is_dead() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let before = cookie(&bangui, false).await?;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let page = Answer::of(http.get(bangui.url("/account")).header("cookie", &before)).await?;
    let token = page.token()?;
    let fields = [("current_password", PASSWORD), ("password", NEW), ("csrf_token", token.as_str())];
    let change = http.post(bangui.url("/account/password")).header("cookie", &before).form(&fields);
    let after = Answer::of(change).await?.session_cookie().ok_or("no new cookie")?;
    assert_eq!((status(&bangui, &before).await?, status(&bangui, &after).await?), (303, 200));
    Ok(())
}

#[tokio::test]
async fn each_session_is_listed_and_can_be_ended() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let phone = cookie(&bangui, true).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let agent = "Mozilla/5.0 (iPhone; <b>CPU</b>) AppleWebKit/605.1.15 Safari/604.1";
    let seen = http.get(bangui.url("/account")).header("cookie", &phone).header("user-agent", agent);
    assert_eq!(Answer::of(seen).await?.status, 200);
    let page = owner.get("/account").await?;
    let rows = page.texts("li[data-session]")?;
    let row = rows.iter().find(|row| row.contains("Safari on iPhone")).ok_or("the phone is not listed")?;
    assert!(row.contains("remembered") && row.contains("127.0.0.1") && row.contains("<b>CPU</b>"), "{row}");
    assert_eq!((rows.len(), page.texts("li[data-session] b")?.len()), (2, 2), "a hostile name is text");
    let number = page.attributes("li[data-session] button", "value")?.concat();
    let ended = owner.submit("/account/sessions/end", &[("number", &number)]).await?;
    assert_eq!(ended.text("#messages")?, "That session has ended.");
    assert_eq!((status(&bangui, &phone).await?, ended.texts("li[data-session]")?.len()), (303, 1));
    let again = owner.submit("/account/sessions/end", &[("number", &number)]).await?;
    assert_eq!(again.text("#messages")?, "That session has already ended.");

    let others = [cookie(&bangui, false).await?, cookie(&bangui, true).await?];
    let all = owner.submit("/account/sessions/end-others", &[]).await?;
    assert_eq!(all.text("#messages")?, "Your 2 other sessions have ended.");
    for other in others {
        assert_eq!(status(&bangui, &other).await?, 303);
    }
    assert_eq!(owner.get("/account").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("viewer", Role::Viewer).await?;
    let owner = cookie(&bangui, false).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let page = Answer::of(http.get(bangui.url("/account")).header("cookie", &owner)).await?;
    let number = page.attributes("li[data-session]", "data-session")?.concat();
    let viewer = Visitor::logged_in(bangui.address, "viewer").await?;
    let refused = viewer.submit("/account/sessions/end", &[("number", &number)]).await?;
    assert_eq!(refused.text("#messages")?, "That session has already ended.");
    assert_eq!(status(&bangui, &owner).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_however_often_its_page_asks_by_itself() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let used = cookie(&bangui, false).await?;
    let open = cookie(&bangui, false).await?;
    let phone = cookie(&bangui, true).await?;
    for _ in 0..3 {
        bangui.clock.pass(MINUTE * 14);
        assert_eq!(status(&bangui, &used).await?, 200);
        poll(&bangui, &open, true).await?;
    }
    assert_eq!((status(&bangui, &open).await?, status(&bangui, &phone).await?), (303, 200));
    Ok(())
}

/// Chromium asks for the icon again whenever it likes, and browsers look for files that no page names.
#[tokio::test]
async fn what_a_browser_fetches_by_itself_is_no_use_of_a_session() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let session = cookie(&bangui, false).await?;
    for path in ["/assets/icon.svg", "/favicon.ico", "/.well-known/change-password"] {
        bangui.clock.pass(MINUTE * 14);
        ask(&bangui, &session, path, false).await?;
    }
    assert_eq!(status(&bangui, &session).await?, 303);
    Ok(())
}

#[tokio::test]
async fn a_session_ends_twelve_hours_after_the_login_and_a_remembered_one_after_thirty_days() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let (used, phone) = (cookie(&bangui, false).await?, cookie(&bangui, true).await?);
    for _ in 0..28 {
        assert_eq!(status(&bangui, &used).await?, 200);
        bangui.clock.pass(MINUTE * 25);
    }
    bangui.clock.pass(MINUTE * 20);
    assert_eq!((status(&bangui, &used).await?, status(&bangui, &phone).await?), (303, 200));
    for _ in 0..3 {
        bangui.clock.pass(DAY * 9);
        assert_eq!(status(&bangui, &phone).await?, 200);
    }
    bangui.clock.pass(DAY * 3);
    assert_eq!(status(&bangui, &phone).await?, 303);
    Ok(())
}

#[tokio::test]
async fn a_remembered_device_ends_after_fourteen_days_without_use() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let (phone, lost) = (cookie(&bangui, true).await?, cookie(&bangui, true).await?);
    bangui.clock.pass(DAY * 13);
    assert_eq!(status(&bangui, &phone).await?, 200);
    // A page that lies open asks by itself, which is no use.
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let polled = http.get(bangui.url("/jails/table")).header("cookie", &lost).header("x-poll", "1");
    assert_ne!(Answer::of(polled).await?.status, 303);
    bangui.clock.pass(DAY);
    assert_eq!((status(&bangui, &phone).await?, status(&bangui, &lost).await?), (200, 303));
    Ok(())
}

#[tokio::test]
async fn a_stolen_cookie_shows_where_it_is_used_also_when_it_says_that_a_page_asks_by_itself() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let stolen = cookie(&bangui, true).await?;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let seen = http.get(bangui.url("/account")).header("cookie", &stolen).header("user-agent", FIREFOX);
    Answer::of(seen).await?;
    bangui.clock.pass(MINUTE * 5);
    for (method, path) in [(Method::GET, "/jails/table"), (Method::POST, "/theme"), (Method::GET, "/audit")] {
        let thief = http.request(method.clone(), bangui.url(path)).header("cookie", &stolen);
        let agent = format!("Mozilla/5.0 (iPhone) Safari/605.1 {path}");
        Answer::of(thief.header("x-poll", "1").header("user-agent", &agent)).await?;
        let rows = owner.get("/account").await?.texts("li[data-session]")?;
        let row = rows.iter().find(|row| row.contains("remembered")).ok_or("not listed")?;
        assert!(row.contains(&agent), "{method} {path}: {row}");
    }
    let told = owner.get("/account").await?.text(".notices li")?;
    assert!(told.contains("A session of yours went on in another browser: Safari on iPhone"), "{told}");
    // Nor does it hide the notice, though it is the session that the owner may have alone.
    for (agent, left) in [(Some("Mozilla/5.0 (iPhone) Safari/605.1"), 1), (None, 0)] {
        let ask = |method, path: &str| {
            let request = http.request(method, bangui.url(path)).header("cookie", &stolen);
            // Its owner logged in with a browser that says nothing.
            agent.into_iter().fold(request, |request, agent| request.header("user-agent", agent))
        };
        let page = Answer::of(ask(Method::GET, "/account")).await?;
        let (token, last) = (page.token()?, page.attributes("input[name=last]", "value")?.concat());
        let fields = [("last", last), ("csrf_token", token)];
        Answer::of(ask(Method::POST, "/account/notices/dismiss").form(&fields)).await?;
        assert_eq!(owner.get("/account").await?.texts(".notices li")?.len(), left);
    }
    Ok(())
}

#[tokio::test]
async fn only_a_remembered_device_keeps_the_cookie_when_the_browser_is_closed() -> TestResult {
    let bangui = Site::without_daemon().await?;
    for (remember, lasts) in [(None, false), (Some(("remember", "yes")), true)] {
        let visitor = Visitor::stranger(bangui.address).await?;
        let mut fields = vec![("username", NAME), ("password", PASSWORD)];
        fields.extend(remember);
        let answer = visitor.post("/login", &fields).await?;
        let mut set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let set = set.find(|cookie| cookie.starts_with("bangui_session=")).ok_or("no cookie")?;
        assert_eq!(set.contains("Max-Age=2592000"), lasts, "{set}");
        assert_eq!(visitor.get("/account").await?.status, 200, "and it is a good one: {set}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_ends_while_its_form_is_on_the_way_does_nothing_any_more() -> TestResult {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let slow = cookie(&bangui, false).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let page = Answer::of(http.get(bangui.url("/accounts")).header("cookie", &slow)).await?;
    let body =
        format!("username=eve&password={NEW}&role=viewer&csrf_token={}", page.token()?).replace(' ', "+");
    let mut socket = tokio::net::TcpStream::connect(bangui.address).await?;
    let head = format!(
        "POST /accounts HTTP/1.1\r\nHost: {}\r\nCookie: {slow}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        bangui.address,
        body.len()
    );
    let (first, rest) = body.split_at(20);
    socket.write_all(format!("{head}{first}").as_bytes()).await?;
    let all = owner.submit("/account/sessions/end-others", &[]).await?;
    assert_eq!(all.text("#messages")?, "Your other session has ended.");
    socket.write_all(rest.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("/login"), "{answer}");
    assert!(owner.get("/accounts").await?.texts("tr[data-account=eve]")?.is_empty());
    Ok(())
}
